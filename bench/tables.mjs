import { table } from "./markdown.mjs";
import { labels, packages } from "./measurements.mjs";
import { withSpread } from "./statistics.mjs";
import { targetRows } from "./targets.mjs";

/** The tables of docs/benchmarks.md, by the name of their block. Cells show the median, the minimum and the maximum. */
export function tables({ environment, installed, results }) {
  const of = (measure) => results.filter((result) => result.measure === measure);
  return {
    environment: table(["", ""], Object.entries(environment)),
    targets: table(["figure", "target", "measured", ""], targetRows(results)),
    scale: figureTable(["workers"], of("scale"), ({ count }) => [number(count)]),
    runs: figureTable(["workers", "interval (ms)", "job"], of("runs"), ({ count, interval, kind }) => [
      number(count),
      interval,
      kind,
    ]),
    lateness: figureTable([], of("lateness")),
    drift: figureTable([], of("drift")),
    attempt: figureTable([], of("attempt")),
    import: figureTable([], of("import")),
    installed: table(
      ["", "installed, with dependencies (KiB)"],
      packages.map((name) => [labelOf(name), number(Math.round(installed[name] / 1_024))]),
    ),
    bootstrap: figureTable([], of("bootstrap")),
  };
}

/** One row for each result: its parameters, the peer, and its figures. */
function figureTable(parameterNames, results, cellsOf = () => []) {
  const figures = Object.keys(results.find(({ rounds }) => rounds.length > 0).rounds[0]);
  const rows = results.map(({ peer, parameters, rounds, failure }) => [
    ...cellsOf(parameters),
    labelOf(peer),
    ...figures.map((figure) => failure ?? withSpread(rounds.map((round) => round[figure]))),
  ]);
  return table([...parameterNames, "", ...figures], rows);
}

function labelOf(peer) {
  return labels[peer] ?? peer;
}

function number(value) {
  return value.toLocaleString("en");
}
