// Takes one measurement in this process and prints its figures as JSON. Arguments: measure, peer, and parameters as JSON.
import { attempt, runs, scale } from "./measures/cost.mjs";
import { bootstrapClasses, importPackage } from "./measures/loading.mjs";
import { drift, lateness } from "./measures/timing.mjs";

const [measure, peer, parameters] = process.argv.slice(2);
const peerMeasures = { attempt, drift, lateness, runs, scale };

async function figures() {
  if (measure === "import") return importPackage(peer);
  if (measure === "bootstrap") return bootstrapClasses();
  return peerMeasures[measure](await import(`./peers/${peer}.mjs`), JSON.parse(parameters));
}

const result = JSON.stringify(await figures());
// Exits although workers or timers may still be active.
process.stdout.write(result, () => process.exit());
