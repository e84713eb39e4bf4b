import type { Tally, Timeline, WorkerTimeline } from "./timeline.js";

const longestName = 30;

/** What a column shows, the worst first. */
const marks: readonly { readonly mark: string; readonly means: string; readonly holds: (tally: Readonly<Tally>) => boolean }[] = [
  { mark: "X", means: "all runs failed", holds: ({ runs, failures }) => failures > 0 && failures >= runs },
  { mark: "x", means: "some failed", holds: ({ failures }) => failures > 0 },
  { mark: "m", means: "some missed", holds: ({ missed }) => missed > 0 },
  { mark: "o", means: "runs", holds: ({ runs }) => runs > 0 },
  { mark: "·", means: "none", holds: () => true },
];

/** Shows a timeline on a terminal: a line a worker, a column an hour, or longer if there are many. */
export function timelineText(timeline: Timeline): string {
  const { start, end, timezone, seed, workers, peak, overlaps, endedEarly, columns, left } = timeline;
  const time = timeFormat(timezone);
  const width = Math.min(Math.max(...workers.map(({ name }) => name.length), 6), longestName);
  const lines = [
    `${time(start)} to ${time(end)} (${timezone}), seed ${seed}, ${workers.length} worker${workers.length === 1 ? "" : "s"}`,
    "",
    `${"WORKER".padEnd(width)}  ${scaleOf(timeline)}    RUNS  FAILED  MISSED  LATEST  LONGEST`,
    ...workers.map((worker) => lineOf(worker, width, columns.count)),
    "",
    `${marks.map(({ mark, means }) => `${mark} ${means}`).join(", ")}; a column is ${lengthOf(columns.length)}`,
    `most at a time: ${peak.concurrent}, ${time(peak.concurrentAt)}; most attempts in a second: ${peak.attemptsPerSecond}, ${time(peak.attemptsPerSecondAt)}`,
  ];
  if (overlaps.length > 0) lines.push(`runs of one worker overlapped ${overlaps.length} times`);
  if (endedEarly !== null) lines.push(`the service ended at ${time(endedEarly.at)}: ${endedEarly.error}`);
  if (left > 0) lines.push(`${left} events are counted, and not kept`);
  return `${lines.join("\n")}\n`;
}

function lineOf({ name, tallies, counts, lateness, longest }: WorkerTimeline, width: number, columns: number): string {
  const shown = name.length > width ? `${name.slice(0, width - 1)}…` : name.padEnd(width);
  const cells = tallies.map((tally) => marks.find(({ holds }) => holds(tally))?.mark ?? " ").join("");
  const figures = [
    String(counts.runs).padStart(8),
    String(counts.failures).padStart(8),
    String(counts.missed).padStart(8),
    durationOf(lateness).padStart(8),
    durationOf(longest).padStart(9),
  ];
  return `${shown}  ${cells.padEnd(columns)}${figures.join("")}`;
}

/** The first hour or day of every sixth column. */
function scaleOf({ start, columns: { count, length }, timezone }: Timeline): string {
  const isHours = length < 86_400_000;
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    ...(isHours ? { hour: "2-digit", hourCycle: "h23" } : { day: "2-digit", month: "2-digit" }),
  });
  let scale = "";
  for (let column = 0; column < count; column++) {
    if (column % 6 === 0 && scale.length <= column) scale = scale.padEnd(column) + format.format(start + column * length);
  }
  return scale.padEnd(count).slice(0, Math.max(count, scale.length));
}

function timeFormat(timezone: string): (time: number) => string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: timezone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return (time) => format.format(time);
}

function lengthOf(ms: number): string {
  const days = ms / 86_400_000;
  if (days < 1) return "an hour";
  return days === 1 ? "a day" : `${days} days`;
}

/** At most five characters. */
function durationOf(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)}s`;
  return ms < 3_600_000 ? `${(ms / 60_000).toFixed(1)}m` : `${(ms / 3_600_000).toFixed(1)}h`;
}
