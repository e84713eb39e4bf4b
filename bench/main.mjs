// Compares watchbill with its peers. Writes bench/results.json, the tables of docs/benchmarks.md and docs/benchmarks.svg.
//   npm run bench                     everything, about half an hour
//   npm run bench -- --rounds 1       each measurement once instead of three times
//   npm run bench -- --only runs      one measure; the figures of the others stay as they are
//   node bench/main.mjs --tables      only the tables and the chart, from bench/results.json
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { chart } from "./chart.mjs";
import { installedSize } from "./installed-size.mjs";
import { replaceBlocks } from "./markdown.mjs";
import { measureRounds } from "./measure-rounds.mjs";
import { measurements, packages } from "./measurements.mjs";
import { tables } from "./tables.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    only: { type: "string" },
    tables: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new RangeError(`--rounds is ${values.rounds}: use a whole number, 1 or more`);
}
const names = [...new Set(measurements.map(({ measure }) => measure))];
if (values.only !== undefined && !names.includes(values.only)) {
  throw new RangeError(`--only is ${values.only}: use one of ${names.join(", ")}`);
}

const file = new URL("results.json", import.meta.url);
const docs = new URL("../docs/", import.meta.url);
const previous = JSON.parse(readFileSync(file, "utf8"));
const current = values.tables ? previous : await measure();
writeFileSync(new URL("benchmarks.svg", docs), chart(current.results.filter(({ measure }) => measure === "scale")));
replaceBlocks(new URL("benchmarks.md", docs), tables(current));
console.log("updated docs/benchmarks.md and docs/benchmarks.svg");

async function measure() {
  const isSelected = ({ measure }) => values.only === undefined || measure === values.only;
  const measured = await measureRounds(measurements.filter(isSelected), rounds);
  const known = [...measured, ...previous.results];
  const results = measurements.map(
    (measurement) =>
      known.find((result) => keyOf(result) === keyOf(measurement)) ?? { ...measurement, rounds: [], failure: "not measured" },
  );
  const installed = Object.fromEntries(packages.map((name) => [name, installedSize(name)]));
  const all = { environment: environment(), installed, results };
  writeFileSync(file, serialized(all));
  return all;
}

function keyOf({ measure, peer, parameters }) {
  return JSON.stringify([measure, peer, parameters]);
}

function environment() {
  const peers = packages.slice(1).map((name) => `${name} ${versionOf(`node_modules/${name}/package.json`)}`);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
    Node: process.versions.node,
    packages: [`watchbill ${versionOf("../package.json")}`, ...peers].join(", "),
  };
}

function versionOf(path) {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")).version;
}

/** JSON with one result on each line. */
function serialized({ results, ...rest }) {
  const lines = results.map((result) => `  ${JSON.stringify(result)}`);
  return `${JSON.stringify(rest, null, 2).slice(0, -2)},\n  "results": [\n${lines.join(",\n")}\n  ]\n}\n`;
}
