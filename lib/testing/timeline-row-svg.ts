import { countedOf, countOf, durationText } from "./figures.js";
import { cutTo, printable } from "./printable.js";
import { runEnds } from "./run-ends.js";
import { BarPath, escapeXml, px } from "./svg-path.js";
import type { SimulatedRun, Timeline, WorkerTimeline } from "./timeline.js";
import { figureWidth, type PlacedRow, type TimelineLayout } from "./timeline-layout.js";
import type { ZoneClock } from "./zone-clock.js";

/** From which part of the time that a worker is busy on a shade is used. */
const shades = [0, 0.1, 0.35, 0.7];

/** The heights of a bar that stands for the share of runs that failed. */
export const failedShares = [0.4, 0.6, 0.8, 1];

/** From which width on a bar has stripes. */
const stripedWidth = 4;

interface Interval {
  readonly from: number;
  readonly to: number;
}

/** How much of what happened in each part of the time. */
interface Bins {
  readonly runs: Float64Array;
  readonly failed: Float64Array;
  readonly stopped: Float64Array;
  /** In ms. */
  readonly busy: Float64Array;
  readonly missed: Float64Array;
}

/** The paths of a row, from back to front. */
interface RowPaths {
  readonly backoff: BarPath;
  readonly due: BarPath;
  readonly up: BarPath;
  readonly stopped: BarPath;
  readonly succeeded: readonly BarPath[];
  readonly failed: readonly BarPath[];
  readonly missed: BarPath;
}

/**
 * Draws what happened to the workers: each run as a bar, or, of a worker with many runs, how busy it was in each part of
 * the time.
 */
export class RowDrawing {
  readonly #timeline: Timeline;
  readonly #layout: TimelineLayout;
  readonly #clock: ZoneClock;
  readonly #edges: readonly number[];
  /** A worker with more runs is drawn by parts of the time. */
  readonly #mostBars: number;
  readonly #endOf: (run: SimulatedRun) => number;
  readonly #backoffs = new Map<string, Interval[]>();
  readonly #incidents = new Map<string, number[]>();

  /** @param binWidth how wide the parts of the time are at least, in px */
  constructor(timeline: Timeline, layout: TimelineLayout, clock: ZoneClock, binWidth: number) {
    this.#timeline = timeline;
    this.#layout = layout;
    this.#clock = clock;
    this.#edges = layout.binEdges(binWidth, timeline.start, timeline.end);
    this.#mostBars = layout.width / 3 / binWidth;
    this.#endOf = runEnds(timeline);
    for (const { worker, event, at, detail } of timeline.events) {
      if (event === "retry" || event === "restart") append(this.#backoffs, worker, { from: at, to: at + Number(detail) });
      if (event === "hung" || event === "lease lost") append(this.#incidents, worker, at);
    }
    for (const { worker, at } of timeline.overlaps) append(this.#incidents, worker, at);
  }

  /** @param top the upper edge of the rows */
  draw(row: PlacedRow, top: number): string {
    const { worker, label } = row;
    const { sizes, labelEnd } = this.#layout;
    const middle = top + row.top + sizes.row / 2;
    const baseline = px(middle + sizes.font * 0.36);
    const room = Math.floor((labelEnd - 20) / (sizes.font * 0.6));
    return [
      `<g><title>${escapeXml(this.#describe(worker))}</title>`,
      `<rect class="hit" x="0" y="${px(top + row.top)}" width="1200" height="${sizes.row}"/>`,
      `<text class="name" x="${labelEnd}" y="${baseline}">${escapeXml(cutTo(room, label))}</text>`,
      ...this.#drawFigures(worker, baseline),
      ...this.#drawPaths(this.#pathsOf(worker, middle), middle),
      this.#drawIncidents(worker, middle),
      "</g>",
    ].join("");
  }

  #drawFigures({ counts }: WorkerTimeline, baseline: string): string[] {
    const { right } = this.#layout;
    return [counts.runs, counts.failures, counts.missed].map((count, index) => {
      const kind = count === 0 ? "zero" : index === 0 ? "figure" : "alarm";
      const text = count === 0 ? "–" : countOf(count);
      return `<text class="${kind}" x="${px(right + (index + 1) * figureWidth)}" y="${baseline}">${text}</text>`;
    });
  }

  #pathsOf(worker: WorkerTimeline, middle: number): RowPaths {
    const { sizes } = this.#layout;
    const bottom = middle + sizes.failed / 2;
    const paths: RowPaths = {
      backoff: new BarPath(middle),
      due: new BarPath(bottom),
      up: new BarPath(middle),
      stopped: new BarPath(middle),
      succeeded: shades.map(() => new BarPath(middle)),
      failed: failedShares.map((share) => new BarPath(bottom - (share * sizes.failed) / 2, 2)),
      missed: new BarPath(middle, 4),
    };
    const isKept = worker.runs.length === worker.counts.runs;
    if (isKept && worker.runs.length <= this.#mostBars) this.#addBars(worker, paths);
    else this.#addBins(worker, paths);
    for (const run of worker.runs)
      if (run.outcome === null) paths.up.add(this.#layout.x(run.start), this.#layout.x(this.#endOf(run)));
    for (const { from, to } of this.#backoffsOf(worker)) paths.backoff.add(this.#layout.x(from), this.#layout.x(to));
    return paths;
  }

  /** A bar for each run. A continuous worker was up until it failed. */
  #addBars({ runs, missed, schedule }: WorkerTimeline, paths: RowPaths): void {
    for (const run of runs) {
      const [from, to] = [this.#layout.x(run.start), this.#layout.x(this.#endOf(run))];
      if (run.cause === "schedule") paths.due.add(this.#layout.x(run.due), 0);
      if (run.outcome === "failed") paths.failed.at(-1)?.add(schedule === null ? to : from, to);
      if (schedule === null) paths.up.add(from, to);
      else if (run.outcome === "failed") continue;
      else if (run.outcome === "stopped") paths.stopped.add(from, to);
      else if (run.outcome !== null) paths.succeeded.at(-1)?.add(from, to);
    }
    for (const { at } of missed) paths.missed.add(Math.min(this.#layout.x(at), this.#layout.right - 4), 0);
  }

  /** A bar for each part of the time in which something happened. */
  #addBins(worker: WorkerTimeline, paths: RowPaths): void {
    const { runs, failed, stopped, busy, missed } = this.#countBins(worker);
    for (let bin = 0; bin < runs.length; bin++) {
      const [start, end] = [this.#edges[bin] ?? 0, this.#edges[bin + 1] ?? 0];
      const [from, to] = [this.#layout.x(start), this.#layout.x(end)];
      const [all, bad, ended] = [runs[bin] ?? 0, failed[bin] ?? 0, stopped[bin] ?? 0];
      if (all > bad + ended) paths.succeeded[levelOf((busy[bin] ?? 0) / (end - start), shades)]?.add(from, to);
      else if (ended > 0) paths.stopped.add(from, to);
      // How many runs of a continuous worker failed says nothing: all of them did that were not stopped.
      const share = worker.schedule === null ? 0 : bad / all;
      if (bad > 0) paths.failed[Math.max(Math.ceil(share * failedShares.length), 1) - 1]?.add(from, to);
      if ((missed[bin] ?? 0) > 0) paths.missed.add(Math.min(from, this.#layout.right - 4), to);
    }
  }

  #countBins(worker: WorkerTimeline): Bins {
    const edges = this.#edges;
    const empty = (): Float64Array => new Float64Array(edges.length - 1);
    const bins: Bins = { runs: empty(), failed: empty(), stopped: empty(), busy: empty(), missed: empty() };
    for (const run of worker.runs) {
      if (run.outcome === null) continue;
      const end = this.#endOf(run);
      for (let bin = this.#binAt(run.start); bin < bins.runs.length; bin++) {
        const [from, to] = [edges[bin] ?? 0, edges[bin + 1] ?? 0];
        increase(bins.runs, bin, 1);
        if (run.outcome === "failed" && (worker.schedule !== null || end <= to)) increase(bins.failed, bin, 1);
        if (run.outcome === "stopped") increase(bins.stopped, bin, 1);
        increase(bins.busy, bin, Math.min(end, to) - Math.max(run.start, from));
        if (end <= to) break;
      }
    }
    for (const { at, count } of worker.missed) increase(bins.missed, this.#binAt(at), count);
    if (this.#timeline.notKept > 0) this.#addCounted(worker, bins);
    return bins;
  }

  /** Runs that were only counted are spread evenly over the time in which they were; they took as long as the others. */
  #addCounted(worker: WorkerTimeline, bins: Bins): void {
    const { start, end, columns } = this.#timeline;
    const kept = worker.tallies.map(() => ({ runs: 0, failures: 0, missed: 0 }));
    const keptAt = (at: number): { runs: number; failures: number; missed: number } =>
      kept[Math.floor((at - start) / columns.length)] ?? { runs: 0, failures: 0, missed: 0 };
    let busy = 0;
    for (const run of worker.runs) {
      keptAt(run.start).runs++;
      if (run.outcome === "failed") keptAt(this.#endOf(run)).failures++;
      busy += this.#endOf(run) - run.start;
    }
    for (const { at, count } of worker.missed) keptAt(at).missed += count;
    const mean = worker.runs.length === 0 ? 0 : busy / worker.runs.length;
    worker.tallies.forEach((tally, index) => {
      const [from, to] = [start + index * columns.length, Math.min(start + (index + 1) * columns.length, end)];
      const runs = Math.max(tally.runs - (kept[index]?.runs ?? 0), 0);
      const failures = Math.max(tally.failures - (kept[index]?.failures ?? 0), 0);
      const missed = Math.max(tally.missed - (kept[index]?.missed ?? 0), 0);
      if (runs + failures + missed === 0) return;
      for (let bin = this.#binAt(from); bin < bins.runs.length && (this.#edges[bin] ?? end) < to; bin++) {
        const overlap = Math.min(this.#edges[bin + 1] ?? to, to) - Math.max(this.#edges[bin] ?? from, from);
        const part = overlap / (to - from);
        increase(bins.runs, bin, Math.max(runs, failures) * part);
        increase(bins.failed, bin, failures * part);
        increase(bins.missed, bin, missed * part);
        increase(bins.busy, bin, Math.min(runs * part * mean, overlap));
      }
    });
  }

  #binAt(at: number): number {
    return lastAtOrBefore(this.#edges, at, (edge) => edge);
  }

  /** A backoff ends early if the worker is started by a command. */
  #backoffsOf({ name, runs }: WorkerTimeline): Interval[] {
    return (this.#backoffs.get(name) ?? []).map(({ from, to }) => {
      const next = runs[lastAtOrBefore(runs, from, ({ start }) => start) + 1];
      return { from, to: Math.min(to, next?.start ?? to, this.#timeline.end) };
    });
  }

  #drawPaths({ backoff, due, up, stopped, succeeded, failed, missed }: RowPaths, middle: number): string[] {
    const { sizes } = this.#layout;
    return [
      backoff.toSvg('class="backoff"'),
      sizes.row < 15 ? "" : due.toSvg('class="due"'),
      up.toSvg('class="run up"'),
      stopped.toSvg('class="run stopped"'),
      ...succeeded.map((path, level) => path.toSvg(`class="run ok${level + 1}"`)),
      ...failed.map((path, level) => path.toSvg(`class="f${level + 1}"`)),
      ...failed.map((path, level) => path.toSvg(`class="f${level + 1} wide"`, stripedWidth)),
      sizes.row < 15 ? "" : drawFlags(failed, middle - sizes.failed / 2),
      drawHollow(missed, middle, sizes.bar + 4),
    ];
  }

  #drawIncidents({ name }: WorkerTimeline, middle: number): string {
    const radius = Math.min(this.#layout.sizes.row / 2 - 1, 5);
    let [data, last] = ["", Number.NEGATIVE_INFINITY];
    for (const at of [...(this.#incidents.get(name) ?? [])].sort((a, b) => a - b)) {
      const x = this.#layout.x(at);
      if (x - last < radius) continue;
      last = x;
      data += `M${px(x)} ${px(middle - radius)}l${radius} ${radius}l${-radius} ${radius}l${-radius} ${-radius}z`;
    }
    return data === "" ? "" : `<path class="incident" d="${data}"/>`;
  }

  /** What is shown when the pointer is on a row. */
  #describe({ name, schedule, counts, lateness, longest, failures }: WorkerTimeline): string {
    const lines = [
      `${printable(name)}, ${printable(schedule ?? "continuous")}`,
      `${countedOf(counts.runs, "run")}, ${countOf(counts.failures)} failed, ${countOf(counts.missed)} missed, ${countOf(counts.retries)} retried`,
      `latest start ${durationText(lateness)} after it was due, longest run ${durationText(longest)}`,
    ];
    const [first] = failures;
    if (first !== undefined)
      lines.push(`first failure ${this.#clock.dateAndTime(first.at)}: ${cutTo(120, printable(first.error))}`);
    return lines.join("\n");
  }
}

/** A flag on top of each bar that failed, unless one is right there: it is seen without colours, and on a bar of one pixel. */
function drawFlags(failed: readonly BarPath[], top: number): string {
  const middles = failed.flatMap(({ bars }) => bars.map(({ from, to }) => (from + to) / 2)).sort((a, b) => a - b);
  let [data, last] = ["", Number.NEGATIVE_INFINITY];
  for (const x of middles) {
    if (x - last < 7) continue;
    last = x;
    data += `M${px(x - 3)} ${px(top - 2)}h6l-3 5z`;
  }
  return data === "" ? "" : `<path class="flag" d="${data}"/>`;
}

function drawHollow(missed: BarPath, middle: number, height: number): string {
  if (missed.isEmpty) return "";
  const top = px(middle - height / 2);
  const data = missed.bars.map(({ from, to }) => `M${px(from)} ${top}h${px(to - from)}v${height}h${px(from - to)}z`).join("");
  return `<path class="missed" d="${data}"/>`;
}

/** The last threshold that a value reaches. */
function levelOf(value: number, thresholds: readonly number[]): number {
  return Math.max(
    thresholds.findLastIndex((threshold) => value >= threshold),
    0,
  );
}

/** The index of the last item whose key is at most `key`; -1 if there is none. The items are sorted by their keys. */
function lastAtOrBefore<Item>(items: readonly Item[], key: number, keyOf: (item: Item) => number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && keyOf(item) <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function increase(values: Float64Array, index: number, by: number): void {
  values[index] = (values[index] ?? 0) + by;
}

function append<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
