// One measurement in a process of its own: its name, the peer and its parameters are the arguments, its figures go to stdout.
import { attempt } from "./measures/attempt.mjs";
import { drift } from "./measures/drift.mjs";
import { importing } from "./measures/import.mjs";
import { lateness } from "./measures/lateness.mjs";
import { runs } from "./measures/runs.mjs";
import { scale } from "./measures/scale.mjs";

const measures = { attempt, drift, lateness, runs, scale };
const [measure, peer, parameters] = process.argv.slice(2);

async function figures() {
  if (measure === "importing") return importing(peer);
  if (measure === "bootstrapping") return (await import("./measures/bootstrap.mjs")).bootstrapping();
  return measures[measure](await import(`./peers/${peer}.mjs`), JSON.parse(parameters));
}

const result = JSON.stringify(await figures());
// What still waits is not waited for.
process.stdout.write(result, () => process.exit());
