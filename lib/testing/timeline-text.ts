import { countedOf, countOf, durationText } from "./figures.js";
import { columnsOf, cutTo, fitTo, printable } from "./printable.js";
import { runEnds } from "./run-ends.js";
import type { SimulatedRun, Tally, Timeline, WorkerTimeline } from "./timeline.js";
import { groupRows, type WorkerRow } from "./timeline-groups.js";
import { type Incident, incidentsOf } from "./timeline-incidents.js";
import { ZoneClock } from "./zone-clock.js";

/** What fits on a line. */
const lineWidth = 100;
const longestLabel = 26;
const mostIncidents = 12;

const hour = 3_600_000;
const day = 24 * hour;

/** What happened in one column. */
interface Cell {
  readonly tally: Readonly<Tally>;
  /** Whether a run was under way that had started before. */
  readonly isUp: boolean;
}

/** What a column shows: the first of these that holds. */
const marks: readonly { readonly mark: string; readonly means: string; readonly holds: (cell: Cell) => boolean }[] = [
  { mark: "X", means: "only failures", holds: ({ tally, isUp }) => tally.failures > 0 && tally.failures >= tally.runs && !isUp },
  { mark: "x", means: "some failures", holds: ({ tally }) => tally.failures > 0 },
  { mark: "m", means: "missed", holds: ({ tally }) => tally.missed > 0 },
  { mark: "o", means: "started", holds: ({ tally }) => tally.runs > 0 },
  { mark: "-", means: "under way", holds: ({ isUp }) => isUp },
  { mark: "·", means: "none", holds: () => true },
];

/** Figures of a worker, right of its columns. */
const figures: readonly { readonly title: string; readonly of: (worker: WorkerTimeline) => string }[] = [
  { title: "RUNS", of: ({ counts }) => countOf(counts.runs) },
  { title: "FAILED", of: ({ counts }) => orDash(counts.failures, countOf) },
  { title: "MISSED", of: ({ counts }) => orDash(counts.missed, countOf) },
  { title: "LATEST", of: ({ lateness }) => orDash(lateness, durationText) },
  { title: "LONGEST", of: ({ longest }) => orDash(longest, durationText) },
];

/**
 * Shows a timeline on a terminal of 100 columns, without colour: a line a worker, with a column an hour, or longer if there are
 * many; the load; what was done to the service; and the peaks. The same timeline gives the same text everywhere.
 */
export function timelineText(timeline: Timeline): string {
  const { start, end, timezone, workers, columns, peak } = timeline;
  const clock = new ZoneClock(timezone, start, end);
  const groups = groupRows(workers);
  const indent = groups.some(({ title }) => title !== null) ? "  " : "";
  const labels = groups.flatMap(({ rows }) => rows.map(({ label }) => columnsOf(indent + label)));
  const labelWidth = Math.min(
    labels.reduce((widest, width) => Math.max(widest, width), "at a time".length),
    longestLabel,
  );
  const widths = figures.map(({ title, of }) =>
    workers.reduce((widest, worker) => Math.max(widest, of(worker).length), title.length),
  );
  const room = lineWidth - labelWidth - 2 - widths.reduce((sum, width) => sum + width + 2, 0);
  const perColumn = Math.ceil(columns.count / room);
  const count = Math.ceil(columns.count / perColumn);
  const length = columns.length * perColumn;

  const endOf = runEnds(timeline);
  const lineOf = ({ worker, label }: WorkerRow): string => {
    const cells = cellsOf(worker, timeline, perColumn, count, endOf).map(markOf).join("");
    const values = figures.map(({ of }, index) => of(worker).padStart((widths[index] ?? 0) + 2)).join("");
    return `${fitTo(labelWidth, indent + label)}  ${cells}${values}`;
  };
  const titles = figures.map(({ title }, index) => title.padStart((widths[index] ?? 0) + 2)).join("");
  const lines = [
    ...headOf(timeline, clock),
    "",
    `${"".padEnd(labelWidth)}  ${scaleOf(timeline, clock, count, length)}${titles}`,
    ...groups.flatMap(({ title, rows }) => [...(title === null ? [] : [title]), ...rows.map(lineOf)]),
    "",
    ...loadLines(timeline, count, length, labelWidth),
    "",
    `${marks.map(({ mark, means }) => `${mark} ${means}`).join("  ")}; a column is ${lengthOf(length)}`,
    `at most ${countOf(peak.concurrent)} at a time, first at ${clock.dateAndTime(peak.concurrentAt)}`,
    `at most ${countedOf(peak.attemptsPerSecond, "start")} in one second, first at ${clock.dateAndTime(peak.attemptsPerSecondAt)}`,
    ...incidentLines(timeline, clock),
  ];
  return `${lines.map((line) => cutTo(lineWidth, line.trimEnd())).join("\n")}\n`;
}

function headOf({ start, end, timezone, seed, workers, overlaps, endedEarly, notKept }: Timeline, clock: ZoneClock): string[] {
  const total = { runs: 0, failures: 0, missed: 0 };
  for (const { counts } of workers) {
    total.runs += counts.runs;
    total.failures += counts.failures;
    total.missed += counts.missed;
  }
  const lines = [
    `${clock.dateAndTime(start)} to ${clock.dateAndTime(end)}, ${timezone}, seed ${seed}`,
    `${countedOf(workers.length, "worker")}, ${countedOf(total.runs, "run")}, ${countOf(total.failures)} failed, ${countOf(total.missed)} missed`,
  ];
  for (const { at, by } of clock.changes)
    lines.push(`the clock is put ${by > 0 ? "forward" : "back"} by ${durationText(Math.abs(by))} at ${clock.dateAndTime(at)}`);
  if (overlaps.length > 0) {
    const [{ worker, at } = { worker: "", at: start }] = overlaps;
    lines.push(
      `OVERLAPS: ${countedOf(overlaps.length, "run")} began while another of its worker was under way, first ${printable(worker)} at ${clock.dateAndTime(at)}`,
    );
  }
  if (endedEarly !== null) lines.push(`ENDED EARLY at ${clock.dateAndTime(endedEarly.at)}: ${printable(endedEarly.error)}`);
  if (notKept > 0) lines.push(`${countedOf(notKept, "event")} only counted, as there were more than maxEvents`);
  return lines;
}

function cellsOf(
  worker: WorkerTimeline,
  { start, columns }: Timeline,
  perColumn: number,
  count: number,
  endOf: (run: SimulatedRun) => number,
): Cell[] {
  const cells = Array.from({ length: count }, () => ({ tally: { runs: 0, failures: 0, missed: 0, retries: 0 }, isUp: false }));
  worker.tallies.forEach(({ runs, failures, missed, retries }, index) => {
    const tally = cells[Math.floor(index / perColumn)]?.tally;
    if (tally === undefined) return;
    tally.runs += runs;
    tally.failures += failures;
    tally.missed += missed;
    tally.retries += retries;
  });
  const length = columns.length * perColumn;
  for (const run of worker.runs) {
    const last = Math.min(Math.floor((endOf(run) - start) / length), count - 1);
    for (let index = Math.floor((run.start - start) / length) + 1; index <= last; index++) {
      const cell = cells[index];
      if (cell !== undefined) cell.isUp = true;
    }
  }
  return cells;
}

function markOf(cell: Cell): string {
  return marks.find(({ holds }) => holds(cell))?.mark ?? " ";
}

/** The hour, or the day and month, at which columns begin; of as many columns as fit, and of the same distance. */
function scaleOf({ start }: Timeline, clock: ZoneClock, count: number, length: number): string {
  const isHours = length < day;
  const distance = isHours ? 3 : 8;
  let scale = "";
  for (let column = 0; column < count; column += distance) {
    const at = start + column * length;
    const label = isHours ? clock.time(at).slice(0, 2) : clock.dayAndMonth(at);
    if (column === 0 || column + label.length <= count) scale = scale.padEnd(column) + label;
  }
  return scale.padEnd(count).slice(0, Math.max(count, 2));
}

/** How many runs were under way and started in each column, as bars of eight heights. */
function loadLines({ start, end, load }: Timeline, count: number, length: number, labelWidth: number): string[] {
  const concurrent = Array.from({ length: count }, () => 0);
  const started = Array.from({ length: count }, () => 0);
  load.forEach((part, index) => {
    const column = Math.min(Math.floor(((index + 0.5) * (end - start)) / load.length / length), count - 1);
    concurrent[column] = Math.max(concurrent[column] ?? 0, part.concurrent);
    started[column] = (started[column] ?? 0) + part.started;
  });
  return [`${"at a time".padEnd(labelWidth)}  ${barsOf(concurrent)}`, `${"starts".padEnd(labelWidth)}  ${barsOf(started)}`];
}

function barsOf(values: readonly number[]): string {
  const highest = values.reduce((most, value) => Math.max(most, value), 0);
  return values.map((value) => " ▁▂▃▄▅▆▇█"[highest === 0 ? 0 : Math.ceil((value / highest) * 8)] ?? " ").join("");
}

/** What was done to the service; what happened several times, such as an outage each day, is one line. */
function incidentLines(timeline: Timeline, clock: ZoneClock): string[] {
  const times = new Map<string, { first: Incident; count: number }>();
  for (const incident of incidentsOf(timeline)) {
    const known = times.get(incident.label);
    if (known === undefined) times.set(incident.label, { first: incident, count: 1 });
    else known.count++;
  }
  const lines = Array.from(times.values(), ({ first, count }) => {
    const { from, to, label } = first;
    const time = to === from ? clock.moment(from) : `${clock.moment(from)} to ${clock.moment(to)}`;
    return `  ${time}  ${label}${count === 1 ? "" : ` (the first of ${countOf(count)})`}`;
  });
  const shown = lines.slice(0, mostIncidents);
  const hidden = lines.length - shown.length;
  return [...(lines.length === 0 ? [] : [""]), ...shown, ...(hidden === 0 ? [] : [`  and ${countOf(hidden)} more`])];
}

function lengthOf(ms: number): string {
  const [value, unit] = ms < day ? [ms / hour, "hour"] : [ms / day, "day"];
  if (value === 1) return unit === "hour" ? "an hour" : "a day";
  return `${value} ${unit}s`;
}

function orDash(value: number, text: (value: number) => string): string {
  return value === 0 ? "-" : text(value);
}
