import { median } from "./statistics.mjs";

const busyLoads = [
  { count: 1_000, interval: 20 },
  { count: 10_000, interval: 100 },
].flatMap((load) => ["async", "sync"].map((kind) => ({ ...load, kind })));

/** Returns the targets as rows of a table: figure, limit, measured value, and whether it is reached. Ratios are of medians. */
export function targetRows(results) {
  const figureOf = (measure, peer, parameters, figure) => {
    const matches = (result) =>
      result.measure === measure &&
      result.peer === peer &&
      Object.entries(parameters).every(([name, value]) => result.parameters[name] === value);
    return median(results.find(matches).rounds.map((round) => round[figure]));
  };
  const ratio = (measure, peer, parameters, figure) =>
    figureOf(measure, "watchbill", parameters, figure) / figureOf(measure, peer, parameters, figure);
  const runRatio = (peer, load) => ratio("runs", peer, load, "CPU (ns a run)");
  const heap = (count) => figureOf("scale", "watchbill", { count }, "heap (B a worker)");
  const many = { count: 100_000 };
  const done = Math.min(...busyLoads.map((load) => figureOf("runs", "watchbill", load, "done (% of due)")));
  return [
    atMost("heap of a worker, 100,000 workers", 800, heap(100_000), " B"),
    atMost("heap of a worker, 1,000,000 workers / 10,000 workers", 1.1, heap(1_000_000) / heap(10_000)),
    atMost("start of 100,000 workers / toad-scheduler", 0.5, ratio("scale", "toad-scheduler", many, "start (ms)")),
    atMost("stop of 100,000 workers / toad-scheduler", 1, ratio("scale", "toad-scheduler", many, "stop (ms)")),
    ...busyLoads.flatMap((load) => [
      atMost(`run, ${nameOf(load)} / toad-scheduler`, 0.8, runRatio("toad-scheduler", load)),
      atMost(`run, ${nameOf(load)} / Effect`, 0.15, runRatio("effect", load)),
      atMost(`run, ${nameOf(load)} / setInterval`, 2, runRatio("set-interval", load)),
    ]),
    ["due runs done", "100.0%", `${done.toFixed(1)}%`, reached(done.toFixed(1) === "100.0" || done > 100)],
    atMost("drift after 1,000 runs", 0.5, Math.abs(figureOf("drift", "watchbill", {}, "drift (ms)")), " ms"),
    atMost("attempt / p-retry", 1, ratio("attempt", "p-retry", {}, "CPU (µs an attempt)")),
    atMost("idle CPU of 1,000,000 workers", 1, figureOf("scale", "watchbill", { count: 1_000_000 }, "CPU idle (%)"), "%"),
  ];
}

function atMost(figure, limit, value, unit = "") {
  return [figure, `≤ ${limit}${unit}`, `${value.toFixed(2)}${unit}`, reached(value <= limit)];
}

function reached(isReached) {
  return isReached ? "reached" : "**not reached**";
}

function nameOf({ count, interval, kind }) {
  return `${count.toLocaleString("en")} every ${interval} ms, ${kind}`;
}
