import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { aims } from "./aims.mjs";
import { counts, labels, loads } from "./plan.mjs";
import { withSpread } from "./statistics.mjs";

const packages = ["toad-scheduler", "effect", "node-cron", "croner", "p-retry"];

/** Of what was not reached. */
const why = `\`node --expose-gc bench/profile.mjs\` shows why not all of it:

- **Start.** It goes by bytes. Half of a start is the garbage collector, which copies whatever survives twice, and 33,000 pages of memory are touched for
  the first time meanwhile; no function has more than a tenth of the rest. A worker that has a name, retry, health, status and orders has half as many
  bytes again as a task of toad-scheduler, which has none of them. What was reached came from bytes, too: terms of a retry that all share, and nothing
  kept of what is not used.
- **Stop.** Each of the three objects of a worker is told, settles and reports upwards; toad-scheduler clears a timer. Here too no
  function stands out: it goes by how many objects are touched.
- **An attempt.** A turn of the event loop after each failure is a promise of this library, and costs more by itself than an attempt of p-retry, which
  takes none (see below): the bare loop that takes one is the measure for what can be reached.`;

/** All that was measured, as a page. */
export function report(results, { sizes }) {
  const tables = tablesOf(results);
  return `# Benchmarks

Written by \`npm run bench\`, on ${today()}. Absolute figures belong to the machine; what counts are the ratios.

- Machine: ${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}
- Versions: watchbill ${versionOf("../package.json")}, ${packages.map((name) => `${name} ${versionOf(`node_modules/${name}/package.json`)}`).join(", ")}
- Each measurement runs in a process of its own. They take turns, ${rounds(results)} times each: a machine that becomes slower meanwhile is slower for
  everybody. Cells have the median, and in brackets the least and the most.
- watchbill has everything on: a name, retry, health and status for every worker, and a runner that takes orders. toad-scheduler and the cron
  packages keep runs from overlapping; \`setInterval\` is bare.

![Cost against number of workers](benchmarks.svg)

## What was aimed at

${aims(results)}

${why}

## Workers that wait for an hour

Start is everything from nothing to the last worker that waits. Heap is what there is then, after a garbage collection, by the number of workers.
Idle is the CPU of one core that waiting takes, over two seconds, once the garbage collector has come to rest.

${counts.map((count) => `### ${number(count)} workers\n\n${tables("scale", ({ parameters }) => parameters.count === count)}`).join("\n\n")}

## A run of an empty job

CPU of the whole process by the number of runs, once it is warm, and how many of the runs that were due were done. All workers of a load have the same
interval, and watchbill runs those together that were started together, as Node's own timers are; where intervals differ, there are more wake-ups for everybody.

${loads.flatMap((load) => ["async", "sync"].map((kind) => `### ${number(load.count)} workers every ${load.interval} ms, the job ${kind === "async" ? "an async function" : "a plain function"}\n\n${tables("runs", ({ parameters }) => parameters.count === load.count && parameters.interval === load.interval && parameters.kind === kind)}`)).join("\n\n")}

## Lateness

Of 10,000 workers every 100 ms. A worker's grid is where it was earliest, so what drifts is late by as much.

${tables("lateness")}

## Drift

How much later than on the grid of the first runs the last of a thousand at 10 ms are.

${tables("drift")}

## An attempt

Of a job that fails at once, without a delay before the next. p-retry leaves the event loop no turn in between: as long as it goes on, no timer, no
I/O and no signal is seen to. Effect leaves it one every few thousand operations, the bare loop and watchbill after each failure.

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
      return `| ${labels[peer] ?? peer} | ${cells.join(" | ")} |`;
    });
    return [`| | ${figures.join(" | ")} |`, `|---|${"---|".repeat(figures.length)}`, ...lines].join("\n");
  };
}

function sizeTable(sizes) {
  const lines = Object.entries(sizes).map(([name, size]) => `| ${labels[name] ?? name} | ${number(Math.round(size / 1_024))} |`);
  return ["| | installed, with its dependencies (KiB) |", "|---|---|", ...lines].join("\n");
}

function rounds(results) {
  const taken = results.map((result) => result.rounds.length).filter((length) => length > 0);
  const [least, most] = [Math.min(...taken), Math.max(...taken)];
  return least === most ? `${most}` : `${least} to ${most}`;
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
