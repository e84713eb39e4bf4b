import { median } from "./statistics.mjs";

/** What watchbill is meant to cost, and what it does, as rows of a table. Ratios are those of medians. */
export function aims(results) {
  const of = (measure, peer, parameters, figure) => {
    const isMeant = (result) =>
      result.measure === measure &&
      result.peer === peer &&
      Object.entries(parameters).every(([name, value]) => result.parameters[name] === value);
    return median(results.find(isMeant).rounds.map((round) => round[figure]));
  };
  const ratio = (measure, peer, parameters, figure) =>
    of(measure, "watchbill", parameters, figure) / of(measure, peer, parameters, figure);
  const most = (what, aim, value, unit = "") => {
    const isReached = value <= aim;
    return `| ${what} | at most ${aim}${unit} | ${value.toFixed(2)}${unit} | ${isReached ? "reached" : "**not reached**"} |`;
  };
  const hundredThousand = { count: 100_000 };
  const cpu = "CPU (ns a run)";
  const busy = [
    { count: 1_000, interval: 20 },
    { count: 10_000, interval: 100 },
  ].flatMap((load) => ["async", "sync"].map((kind) => ({ ...load, kind })));
  const heap = (count) => of("scale", "watchbill", { count }, "heap (B a worker)");
  const due = Math.min(...busy.map((load) => of("runs", "watchbill", load, "done (% of due)")));
  const drift = Math.abs(of("drift", "watchbill", {}, "drift (ms)"));
  const rows = [
    most("heap of a worker, of 100,000", 800, heap(100_000), " B"),
    most("heap of a worker, of a million over that of 10,000", 1.1, heap(1_000_000) / heap(10_000)),
    most("start of 100,000, over toad-scheduler's", 0.5, ratio("scale", "toad-scheduler", hundredThousand, "start (ms)")),
    most("stop of 100,000, over toad-scheduler's", 1, ratio("scale", "toad-scheduler", hundredThousand, "stop (ms)")),
    ...busy.flatMap((load) => [
      most(`a run (${nameOf(load)}), over toad-scheduler's`, 0.8, ratio("runs", "toad-scheduler", load, cpu)),
      most(`a run (${nameOf(load)}), over Effect's`, 0.15, ratio("runs", "effect", load, cpu)),
      most(`a run (${nameOf(load)}), over setInterval's`, 2, ratio("runs", "set-interval", load, cpu)),
    ]),
    `| due runs done | 100.0% | ${due.toFixed(1)}% | ${due.toFixed(1) === "100.0" || due > 100 ? "reached" : "**not reached**"} |`,
    most("drift after 1,000 runs, beyond the lateness of single ones", 0.5, drift, " ms"),
    most("an attempt, over p-retry's", 1, ratio("attempt", "p-retry", {}, "CPU (µs an attempt)")),
    most("CPU of a million that wait", 1, of("scale", "watchbill", { count: 1_000_000 }, "CPU idle (%)"), "%"),
  ];
  return ["| | aim | measured | |", "|---|---|---|---|", ...rows].join("\n");
}

function nameOf({ count, interval, kind }) {
  return `${count.toLocaleString("en")} every ${interval} ms, ${kind}`;
}
