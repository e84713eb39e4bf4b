// Measures the alternatives to the timer queue and the cancellation tree, alternating, each in its own process.
import { execFileSync } from "node:child_process";
import { withSpread } from "../statistics.mjs";
import { cancellations, measureCancellation } from "./cancellation.mjs";
import { measureStructure, structures } from "./structures.mjs";
import { measureTimers, timers } from "./timers.mjs";

const rounds = 5;
const [subject, name] = process.argv.slice(2);

if (subject === "timers") await print(measureTimers(timers[name]));
else if (subject === "structures") await print(measureStructure(structures[name]));
else if (subject === "cancellations") await print(measureCancellation(cancellations[name]));
else
  for (const [subject, names] of Object.entries({ timers, structures, cancellations }))
    console.table(compared(subject, Object.keys(names)));

async function print(figures) {
  process.stdout.write(JSON.stringify(await figures), () => process.exit());
}

function compared(subject, names) {
  const taken = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) for (const name of names) taken[name].push(inOwnProcess(subject, name));
  return Object.fromEntries(names.map((name) => [name, summary(taken[name])]));
}

function inOwnProcess(subject, name) {
  const script = new URL(import.meta.url).pathname;
  return JSON.parse(execFileSync(process.execPath, ["--expose-gc", script, subject, name], { encoding: "utf8" }));
}

function summary(rounds) {
  return Object.fromEntries(Object.keys(rounds[0]).map((figure) => [figure, withSpread(rounds.map((round) => round[figure]))]));
}
