import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const script = new URL("measure-once.mjs", import.meta.url).pathname;
/** A measurement that takes longer is cancelled. */
const timeout = 90_000;
const flags = ["--expose-gc", "--max-old-space-size=6000"];

/**
 * Takes every measurement once, then all of them again, so that a machine that becomes slower is slower for all peers. Each one
 * runs in its own process: none pays for the garbage of another, or profits from its compiled code.
 * @returns for each measurement the figures of every round, or the failure that ended it
 */
export async function measureRounds(measurements, rounds) {
  const results = measurements.map((measurement) => ({ ...measurement, rounds: [], failure: undefined }));
  for (let round = 1; round <= rounds; round++) {
    for (const result of results) {
      // A measurement that ran out of memory or time would do so again.
      if (result.failure !== undefined) continue;
      const { measure, peer, parameters } = result;
      try {
        result.rounds.push(await inOwnProcess(measure, peer, parameters));
      } catch (error) {
        result.failure = failureOf(error);
      }
      console.log(`${round}/${rounds}`, measure, peer, JSON.stringify(parameters), result.failure ?? result.rounds.at(-1));
    }
  }
  return results;
}

async function inOwnProcess(measure, peer, parameters) {
  const { stdout } = await run(process.execPath, [...flags, script, measure, peer, JSON.stringify(parameters)], { timeout });
  return JSON.parse(stdout);
}

function failureOf(error) {
  if (error.killed) return `over ${timeout / 1_000} s`;
  if (/heap out of memory/.test(error.stderr)) return "out of memory";
  // The other measurements are still worth taking.
  console.error(error);
  return "failed";
}
