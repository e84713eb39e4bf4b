import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { counts, loads } from "./plan.mjs";
import { withSpread } from "./statistics.mjs";

const packages = ["toad-scheduler", "effect", "node-cron", "croner", "p-retry"];

/** All that was measured, as a page. */
export function report(results, { sizes, rounds }) {
  const tables = tablesOf(results);
  return `# Benchmarks

Written by \`npm run bench\`, on ${today()}. Absolute figures belong to the machine; what counts are the ratios.

- Machine: ${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}
- Versions: watchbill ${versionOf("../package.json")}, ${packages.map((name) => `${name} ${versionOf(`node_modules/${name}/package.json`)}`).join(", ")}
- Each measurement runs in a process of its own. They take turns, ${rounds} rounds of all: a machine that becomes slower meanwhile is slower for
  everybody. Cells have the median, and in brackets the least and the most.
- watchbill has everything on: a name, retry, health and status for every worker, and a runner that takes orders. toad-scheduler and the cron
  packages keep runs from overlapping; \`setInterval\` is bare.

![Cost against number of workers](benchmarks.svg)

## Workers that wait for an hour

Start is everything from nothing to the last worker that waits. Heap is what there is then, after a garbage collection, by the number of workers.
Idle is the CPU of one core that waiting takes, over two seconds, once the garbage collector has come to rest.

${counts.map((count) => `### ${number(count)} workers\n\n${tables("scale", ({ parameters }) => parameters.count === count)}`).join("\n\n")}

## A run of an empty job

CPU of the whole process by the number of runs, once it is warm, and how many of the runs that were due were done.

${loads.flatMap((load) => ["async", "sync"].map((kind) => `### ${number(load.count)} workers every ${load.interval} ms, the job ${kind === "async" ? "an async function" : "a plain function"}\n\n${tables("runs", ({ parameters }) => parameters.count === load.count && parameters.kind === kind)}`)).join("\n\n")}

## Lateness

Of 10,000 workers every 100 ms. A worker's grid is where it was earliest, so what drifts is late by as much.

${tables("lateness")}

## Drift

How much later than on the grid of the first runs the last of a thousand at 10 ms are.

${tables("drift")}

## An attempt

Of a job that fails at once, without a delay before the next. p-retry leaves the event loop no turn in between: as long as it goes on, no timer, no
I/O and no signal is seen to. The bare loop, Effect and watchbill do.

${tables("attempt")}

## The package

${tables("importing")}

${sizeTable(sizes)}

\`bootstrap\` of 1,000 decorated classes with two workers each: ${withSpread(find(results, "bootstrapping").rounds.map((round) => round["bootstrap (ms)"]))} ms.
`;
}

function tablesOf(results) {
  return (measure, isMeant = () => true) => {
    const rows = results.filter((result) => result.measure === measure && isMeant(result));
    const figures = Object.keys(rows.find(({ rounds }) => rounds.length > 0).rounds[0]);
    const lines = rows.map(({ peer, rounds, failure }) => {
      const cells = figures.map((figure) => failure ?? withSpread(rounds.map((round) => round[figure])));
      return `| ${peer} | ${cells.join(" | ")} |`;
    });
    return [`| | ${figures.join(" | ")} |`, `|---|${"---|".repeat(figures.length)}`, ...lines].join("\n");
  };
}

function sizeTable(sizes) {
  const lines = Object.entries(sizes).map(([name, size]) => `| ${name} | ${number(Math.round(size / 1_024))} |`);
  return ["| | installed, with its dependencies (KiB) |", "|---|---|", ...lines].join("\n");
}

function find(results, measure) {
  return results.find((result) => result.measure === measure);
}

function versionOf(path) {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")).version;
}

function number(value) {
  return value.toLocaleString("en");
}

function today() {
  return new Date().toISOString().slice(0, 10);
}
