// Measures watchbill beside its peers and writes what it finds to docs/benchmarks.md: run with `npm run bench`, or with
// `npm run bench -- --only runs` for one measure, which leaves the figures of the others as they were.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { chart } from "./chart.mjs";
import { installedSize } from "./installed-size.mjs";
import { plan } from "./plan.mjs";
import { report } from "./report.mjs";
import { takeTurns } from "./rounds.mjs";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "3" }, only: { type: "string" } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError(`--rounds ${values.rounds}: give a whole number, 1 or more`);

/** What was measured last, as it was. */
const file = new URL("results.json", import.meta.url);
const isMeant = ({ measure }) => values.only === undefined || measure === values.only;
const kept = plan.every(isMeant) ? [] : JSON.parse(readFileSync(file, "utf8"));
const taken = await takeTurns(plan.filter(isMeant), rounds);
const results = plan.map((task) => [...taken, ...kept].find((result) => keyOf(result) === keyOf(task)) ?? neverMeasured(task));
writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);

const packages = ["watchbill", "toad-scheduler", "effect", "node-cron", "croner", "p-retry"];
const sizes = Object.fromEntries(packages.map((name) => [name, installedSize(name)]));
const docs = new URL("../docs/", import.meta.url);
writeFileSync(new URL("benchmarks.svg", docs), chart(results.filter(({ measure }) => measure === "scale")));
writeFileSync(new URL("benchmarks.md", docs), report(results, { sizes }));
console.log("written to docs/benchmarks.md and docs/benchmarks.svg");

function neverMeasured(task) {
  return { ...task, rounds: [], failure: "not measured" };
}

function keyOf({ measure, peer, parameters }) {
  return JSON.stringify([measure, peer, parameters]);
}
