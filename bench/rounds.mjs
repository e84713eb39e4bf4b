import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const measure = new URL("measure.mjs", import.meta.url).pathname;
/** What takes longer is not measured to its end. */
const limit = 90_000;
const flags = ["--expose-gc", "--max-old-space-size=6000"];

/**
 * Takes all measurements in turn, and then again: a machine that becomes slower meanwhile is slower for everybody. Each is in a
 * process of its own, so that none pays for the garbage, or gains by the compiled code, of another.
 * @returns for each of the plan, the figures of every round; or what came of the first that failed
 */
export async function takeTurns(plan, rounds) {
  const results = plan.map((task) => ({ ...task, rounds: [], failure: undefined }));
  for (let round = 1; round <= rounds; round++) {
    for (const result of results) {
      // What has run out of memory or time once would do so again.
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

async function inOwnProcess(...[name, peer, parameters]) {
  const { stdout } = await run(process.execPath, [...flags, measure, name, peer, JSON.stringify(parameters)], { timeout: limit });
  return JSON.parse(stdout);
}

function failureOf(error) {
  if (error.killed) return `over ${limit / 1_000} s`;
  if (/heap out of memory/.test(error.stderr)) return "out of memory";
  // What else was measured is not to be lost for that.
  console.error(error);
  return "failed";
}
