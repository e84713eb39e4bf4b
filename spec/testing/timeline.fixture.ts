import {
  loadParts,
  type SimulatedEvent,
  type SimulatedRun,
  type Tally,
  type Timeline,
  type WorkerTimeline,
} from "../../lib/testing/timeline.js";

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A Tuesday without a change of clocks; midnight in UTC. */
export const midnight = Date.UTC(2026, 2, 10);

/** What a spec says of a worker; its counts follow. */
export interface GivenWorker {
  readonly name: string;
  readonly group?: string | null;
  readonly schedule?: string | null;
  readonly runs?: readonly Partial<SimulatedRun>[];
  readonly missed?: WorkerTimeline["missed"];
  /** Runs that were only counted, by column. */
  readonly counted?: Readonly<Record<number, Partial<Tally>>>;
}

export type GivenTimeline = Partial<Omit<Timeline, "workers">> & { readonly workers: readonly GivenWorker[] };

/** Makes a whole timeline of what a spec says, with counts, load and peak as a simulation has them. */
export function timelineOf({ workers: given, ...rest }: GivenTimeline): Timeline {
  const { start = midnight, end = start + day } = rest;
  const length = end - start <= 2 * day ? hour : Math.max(day, Math.ceil((end - start) / 60 / day) * day);
  const columns = { count: Math.max(Math.ceil((end - start) / length), 1), length };
  const workers = given.map((worker) => workerOf(worker, start, columns));
  const load = loadOf(
    workers.flatMap(({ runs }) => runs),
    start,
    end,
  );
  const concurrent = Math.max(...load.map((part) => part.concurrent));
  const peakPart = load.findIndex((part) => part.concurrent === concurrent);
  return {
    start,
    end,
    timezone: "UTC",
    seed: 7,
    workers,
    events: [],
    peak: {
      concurrent,
      concurrentAt: start + ((end - start) / loadParts) * peakPart,
      attemptsPerSecond: 2,
      attemptsPerSecondAt: start + hour,
    },
    overlaps: [],
    endedEarly: null,
    columns,
    load,
    outages: [],
    notKept: 0,
    ...rest,
  };
}

/** The most runs under way, and how many start, in each part. */
function loadOf(runs: readonly SimulatedRun[], start: number, end: number): { concurrent: number; started: number }[] {
  const changes = runs
    .flatMap((run) => [
      { at: run.start, by: 1 },
      { at: run.end ?? end, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let [next, underWay] = [0, 0];
  return Array.from({ length: loadParts }, (_, index) => {
    const until = start + ((index + 1) * (end - start)) / loadParts;
    let [concurrent, started] = [underWay, 0];
    for (let change = changes[next]; change !== undefined && change.at < until; change = changes[++next]) {
      underWay += change.by;
      concurrent = Math.max(concurrent, underWay);
      started += Math.max(change.by, 0);
    }
    return { concurrent, started };
  });
}

function workerOf(given: GivenWorker, start: number, columns: Timeline["columns"]): WorkerTimeline {
  const { name, group = null, schedule = "every 5m", missed = [], counted = {} } = given;
  const runs = (given.runs ?? []).map((run): SimulatedRun => {
    const { due = run.start ?? start, end = null } = run;
    return { due, start: due, end, outcome: end === null ? null : "done", cause: "schedule", attempt: 0, replica: 1, ...run };
  });
  const failed = runs.filter(({ outcome }) => outcome === "failed");
  const tallies = Array.from({ length: columns.count }, () => ({ runs: 0, failures: 0, missed: 0, retries: 0 }));
  const add = (at: number, key: keyof Tally, count = 1): void => {
    const tally = tallies[Math.floor((at - start) / columns.length)];
    if (tally !== undefined) tally[key] += count;
  };
  for (const run of runs) add(run.start, "runs");
  for (const run of failed) add(run.end ?? start, "failures");
  for (const { at, count } of missed) add(at, "missed", count);
  for (const [column, tally] of Object.entries(counted)) Object.assign(tallies[Number(column)] ?? {}, tally);
  const sum = (key: keyof Tally): number => tallies.reduce((total, tally) => total + tally[key], 0);
  return {
    name,
    group,
    schedule,
    runs,
    failures: failed.map(({ end, attempt }) => ({ at: end ?? start, error: "SimulatedFailure: outage", attempt })),
    missed,
    counts: { runs: sum("runs"), failures: sum("failures"), missed: sum("missed"), retries: sum("retries") },
    lateness: runs.reduce((latest, run) => Math.max(latest, run.start - run.due), 0),
    longest: runs.reduce((longest, run) => Math.max(longest, (run.end ?? run.start) - run.start), 0),
    tallies,
  };
}

/** A run every so often from the start of the timeline on, each as long. */
export function runsEvery(interval: number, length: number, from = midnight, to = midnight + day): Partial<SimulatedRun>[] {
  const count = Math.max(Math.ceil((to - from) / interval), 0);
  return Array.from({ length: count }, (_, index) => {
    const due = from + index * interval;
    return { due, start: due, end: Math.min(due + length, to), outcome: "done" };
  });
}

/** A day of five workers: an outage of an hour with retries, missed runs, a pause, a replica that dies, and a worker that stays up. */
export function dayOfFive(): Timeline {
  const outage = { from: midnight + 2 * hour, to: midnight + 3 * hour };
  const pause = { from: midnight + 10 * hour, to: midnight + 11 * hour };
  const attempts = [0, 1, 3, 7, 15, 31].map((minutes, attempt): Partial<SimulatedRun> => {
    const start = outage.from + minutes * minute;
    const cause = attempt === 0 ? "schedule" : "retry";
    return { due: start, start, end: start + 10_000, outcome: "failed", cause, attempt };
  });
  const retries = attempts.map(
    ({ end }, index): SimulatedEvent => ({
      at: end ?? 0,
      worker: "github/commits",
      event: "retry",
      detail: String(2 ** index * minute - 10_000),
    }),
  );
  const recovered = { due: outage.to + 3 * minute, start: outage.to + 3 * minute, end: outage.to + 4 * minute };
  return timelineOf({
    timezone: "UTC",
    workers: [
      {
        name: "github/commits",
        group: "github",
        runs: [
          ...runsEvery(5 * minute, minute, midnight, outage.from),
          ...attempts,
          { ...recovered, outcome: "done", cause: "retry", attempt: 6 },
          ...runsEvery(5 * minute, minute, outage.to + 5 * minute, pause.from),
          ...runsEvery(5 * minute, minute, pause.to, midnight + day),
        ],
        missed: [35, 40, 45, 50, 55].map((minutes) => ({ at: outage.from + minutes * minute, count: 1, reason: "busy" })),
      },
      {
        name: "github/watch",
        group: "github",
        schedule: null,
        runs: [
          { start: midnight, end: outage.from, outcome: "failed", cause: "start" },
          { start: outage.to + 3 * minute, end: null, outcome: null, cause: "retry", attempt: 6 },
        ],
      },
      {
        name: "billing/invoices",
        group: "billing",
        schedule: "0 2 * * *",
        runs: [{ due: midnight + 2 * hour, start: midnight + 2 * hour + minute, end: midnight + 4 * hour, outcome: "done" }],
      },
      { name: "billing/reminders", group: "billing", schedule: "every 15s", runs: runsEvery(15_000, 200) },
      {
        name: "clean-up",
        schedule: "every 1h",
        runs: [
          ...runsEvery(hour, 20 * minute, midnight, midnight + 18 * hour),
          { due: midnight + 18 * hour, start: midnight + 18 * hour, end: null, outcome: null, replica: 2 },
          ...runsEvery(hour, 20 * minute, midnight + 19 * hour).slice(0, 5),
        ],
      },
    ],
    outages: ["github/commits", "github/watch"].map((worker) => ({ worker, ...outage })),
    events: [
      ...retries,
      { at: outage.from, worker: "github/watch", event: "restart", detail: String(63 * minute) },
      { at: pause.from, worker: "github/commits", event: "command", detail: "pause: migration" },
      { at: pause.to, worker: "github/commits", event: "command", detail: "resume" },
      { at: midnight + 18 * hour + 10 * minute, worker: "", event: "killed", detail: "replica 2" },
    ],
  });
}

/** A day of many workers, of which a quarter fail now and then; the same each time. */
export function dayOfMany(count: number, runsEach: number): Timeline {
  let state = 1;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const interval = day / runsEach;
  return timelineOf({
    workers: Array.from({ length: count }, (_, index) => ({
      name: `group-${index % 8}/worker-${index}`,
      group: `group-${index % 8}`,
      runs: Array.from({ length: runsEach }, (_each, number) => {
        const due = midnight + Math.floor(number * interval);
        const start = due + Math.floor(random() * interval * 0.3);
        const end = start + Math.floor(random() * interval * 0.6);
        return { due, start, end, outcome: index % 4 === 0 && random() < 0.2 ? "failed" : "done" } as const;
      }),
      missed: index % 10 === 0 ? runsEvery(7 * minute, 0).map(({ due = 0 }) => ({ at: due, count: 1, reason: "busy" })) : [],
    })),
  });
}
