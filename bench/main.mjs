// Measures watchbill beside its peers and writes what it finds to docs/benchmarks.md: run with `npm run bench`.
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { chart } from "./chart.mjs";
import { installedSize } from "./installed-size.mjs";
import { plan } from "./plan.mjs";
import { report } from "./report.mjs";
import { takeTurns } from "./rounds.mjs";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "3" } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError(`--rounds ${values.rounds}: give a whole number, 1 or more`);

const labels = { "set-interval": "setInterval", effect: "Effect" };
const results = (await takeTurns(plan, rounds)).map((result) => ({ ...result, peer: labels[result.peer] ?? result.peer }));
const packages = ["watchbill", "toad-scheduler", "effect", "node-cron", "croner", "p-retry"];
const sizes = Object.fromEntries(packages.map((name) => [labels[name] ?? name, installedSize(name)]));

const docs = new URL("../docs/", import.meta.url);
mkdirSync(docs, { recursive: true });
writeFileSync(new URL("benchmarks.svg", docs), chart(results.filter(({ measure }) => measure === "scale")));
writeFileSync(new URL("benchmarks.md", docs), report(results, { sizes, rounds }));
console.log("written to docs/benchmarks.md and docs/benchmarks.svg");
