// One measurement in a process of its own: its name, the peer and its parameters are the arguments, its figures go to stdout.
import { attempt } from "./measures/attempt.mjs";
import { bootstrapping } from "./measures/bootstrap.mjs";
import { drift } from "./measures/drift.mjs";
import { importing } from "./measures/import.mjs";
import { lateness } from "./measures/lateness.mjs";
import { runs } from "./measures/runs.mjs";
import { scale } from "./measures/scale.mjs";

const measures = { attempt, bootstrapping, drift, importing, lateness, runs, scale };
const [measure, peer, parameters] = process.argv.slice(2);
const code = measure === "importing" ? undefined : await import(`./peers/${peer}.mjs`);
process.stdout.write(JSON.stringify(await measures[measure](code, JSON.parse(parameters))), () => process.exit());
