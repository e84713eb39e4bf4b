import { observe, type RunEvent, type WorkerStatus } from "../index.js";
import {
  type EarlyEnd,
  type FailedRun,
  loadParts,
  type MissedRuns,
  type SimulatedEvent,
  type SimulatedRun,
  type Tally,
  type Timeline,
  type WorkerTimeline,
} from "./timeline.js";

const hour = 3_600_000;
const day = 24 * hour;

/** How long the parts are that are counted, in ms: the first that makes no more than so many. */
const columnLengths = [hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day];
const mostColumns = 60;

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** A worker of which runs are recorded. */
export interface RecordedWorker extends Pick<WorkerStatus, "name" | "group" | "schedule"> {
  readonly isDistributed: boolean;
}

/** What was recorded of one worker. */
interface Recorded {
  readonly name: string;
  readonly group: string | null;
  readonly schedule: string | null;
  readonly runs: Writable<SimulatedRun>[];
  readonly failures: FailedRun[];
  readonly missed: MissedRuns[];
  readonly counts: Tally;
  lateness: number;
  longest: number;
  readonly tallies: Tally[];
  /** The runs that are under way: one, or one in each replica. */
  readonly active: SimulatedRun[];
  readonly isDistributed: boolean;
}

/** A run that is under way. */
interface ActiveRun {
  readonly run: Writable<SimulatedRun>;
  readonly recorded: Recorded;
}

/** Records what a simulation does, from the events of the library. */
export class Recorder {
  readonly #start: number;
  readonly #end: number;
  readonly #columnLength: number;
  readonly #columns: number;
  readonly #maxEvents: number;
  readonly #hasReplicas: boolean;
  readonly #workers = new Map<string, Recorded>();
  readonly #events: SimulatedEvent[] = [];
  readonly #overlaps: { worker: string; at: number; replicas: number[] }[] = [];
  readonly #load = Array.from({ length: loadParts }, () => ({ concurrent: 0, started: 0 }));
  readonly #runs = new Map<RunEvent, ActiveRun>();
  readonly #unsubscribe: (() => void)[];
  readonly #peak = { concurrent: 0, concurrentAt: 0, attemptsPerSecond: 0, attemptsPerSecondAt: 0 };
  #second = { at: 0, attempts: 0 };
  /** The part of the load up to which it is known. */
  #part = 0;
  #kept = 0;
  #notKept = 0;
  #endedEarly: EarlyEnd | null = null;
  /** The run that has just started, until its replica is known. */
  #starting: ActiveRun | undefined;
  /** What happens now is not recorded: a process that has died does not do it. */
  isPaused = false;

  /**
   * @param workers those that have a row also if they never run
   * @param hasReplicas whether {@link setReplica} is called for each run
   */
  constructor(start: number, end: number, maxEvents: number, workers: readonly RecordedWorker[], hasReplicas: boolean) {
    this.#hasReplicas = hasReplicas;
    this.#start = start;
    this.#end = end;
    this.#maxEvents = maxEvents;
    this.#columnLength =
      columnLengths.find((length) => (end - start) / length <= mostColumns) ?? Math.ceil((end - start) / mostColumns / day) * day;
    this.#columns = Math.max(Math.ceil((end - start) / this.#columnLength), 1);
    this.#unsubscribe = [
      observe("watchbill:run", { start: (event) => this.#onStart(event), end: (event) => this.#onEnd(event) }),
      observe("watchbill:missed", ({ worker, count, reason }) => this.#onMissed(worker, count, reason)),
      observe("watchbill:retry", ({ worker, delay }) => this.#onRetry(worker, "retry", delay)),
      observe("watchbill:restart", ({ worker, delay }) => this.#onRetry(worker, "restart", delay)),
      observe("watchbill:timeout", ({ worker }) => this.add(worker, "timeout", "")),
      observe("watchbill:health", ({ worker, health }) => {
        if (health !== "init") this.add(worker, health, "");
      }),
      observe("watchbill:hung", ({ worker, phase }) => this.add(worker, "hung", phase)),
      observe("watchbill:exit", ({ worker, outcome }) => this.add(worker, "exit", outcome)),
      observe("watchbill:lease", ({ worker, change }) => {
        if (change === "lost") this.add(worker, "lease lost", "");
      }),
      observe("watchbill:command", ({ worker, command, reason }) =>
        this.add(worker, "command", reason === undefined ? command : `${command}: ${reason}`),
      ),
    ];
    for (const worker of workers) this.#add(worker);
  }

  #of(name: string): Recorded {
    return this.#workers.get(name) ?? this.#add({ name, group: null, schedule: null, isDistributed: false });
  }

  #add(worker: RecordedWorker): Recorded {
    const recorded: Recorded = {
      ...worker,
      runs: [],
      failures: [],
      missed: [],
      counts: noTally(),
      lateness: 0,
      longest: 0,
      tallies: Array.from({ length: this.#columns }, noTally),
      active: [],
    };
    this.#workers.set(worker.name, recorded);
    return recorded;
  }

  /** The process has ended by itself. */
  endEarly(at: number, error: string): void {
    this.#endedEarly ??= { at, error };
  }

  add(worker: string, event: SimulatedEvent["event"], detail: string): void {
    const at = Date.now();
    if (this.isPaused || at >= this.#end) return;
    if (this.#keeps()) this.#events.push({ at, worker, event, detail });
  }

  /** Called in the stack of a run that has just started, with the replica on which it runs. */
  setReplica(replica: number): void {
    const starting = this.#starting;
    if (starting === undefined) return;
    this.#starting = undefined;
    starting.run.replica = replica;
    if (starting.recorded.active.length > 1) this.#checkOverlap(starting);
  }

  /** Runs of one process never overlap, nor do those of a distributed worker. */
  #checkOverlap({ recorded, run: { start, replica } }: ActiveRun): void {
    const replicas = recorded.active.map((run) => run.replica);
    if (recorded.isDistributed || replicas.filter((each) => each === replica).length > 1)
      this.#overlaps.push({ worker: recorded.name, at: start, replicas });
  }

  /** The runs of a replica that has died are not under way any more. */
  dropRunsOf(replica: number): void {
    this.#moveToPart(Date.now());
    for (const [event, { run, recorded }] of this.#runs) {
      if (run.replica !== replica) continue;
      remove(recorded.active, run);
      this.#runs.delete(event);
    }
  }

  /** Whether another event may be kept one by one. */
  #keeps(): boolean {
    if (this.#kept >= this.#maxEvents) {
      this.#notKept++;
      return false;
    }
    this.#kept++;
    return true;
  }

  #onStart(event: RunEvent): void {
    const now = Date.now();
    if (this.isPaused || now >= this.#end) return;
    const recorded = this.#of(event.worker);
    this.#moveToPart(now);
    const { due, cause, attempt } = event;
    const run = { due, start: now, end: null, outcome: null, cause, attempt, replica: 1 };
    const active = { run, recorded };
    this.#runs.set(event, active);
    this.#starting = active;
    if (this.#keeps()) recorded.runs.push(run);
    recorded.counts.runs++;
    this.#tallyOf(recorded, now).runs++;
    recorded.active.push(run);
    this.#countStart(now);
    if (!this.#hasReplicas) this.setReplica(1);
  }

  #countStart(now: number): void {
    const part = this.#load[this.#part];
    if (part !== undefined) {
      part.started++;
      part.concurrent = Math.max(part.concurrent, this.#runs.size);
    }
    if (this.#runs.size > this.#peak.concurrent) {
      this.#peak.concurrent = this.#runs.size;
      this.#peak.concurrentAt = now;
    }
    const second = Math.floor(now / 1_000) * 1_000;
    if (second !== this.#second.at) this.#second = { at: second, attempts: 0 };
    if (++this.#second.attempts > this.#peak.attemptsPerSecond) {
      this.#peak.attemptsPerSecond = this.#second.attempts;
      this.#peak.attemptsPerSecondAt = second;
    }
  }

  /** Fills the parts of the load up to now with what has been under way since. Call it before a run starts or ends. */
  #moveToPart(now: number): void {
    const last = Math.min(Math.floor(((now - this.#start) / (this.#end - this.#start)) * loadParts), loadParts - 1);
    while (this.#part < last) {
      const part = this.#load[++this.#part];
      if (part !== undefined) part.concurrent = this.#runs.size;
    }
  }

  #onEnd(event: RunEvent): void {
    const active = this.#runs.get(event);
    if (active === undefined || this.isPaused) return;
    const { run, recorded } = active;
    const now = Date.now();
    this.#moveToPart(now);
    remove(recorded.active, run);
    this.#runs.delete(event);
    if (now >= this.#end) return;
    run.end = now;
    run.outcome = event.outcome ?? null;
    recorded.lateness = Math.max(recorded.lateness, run.start - run.due);
    recorded.longest = Math.max(recorded.longest, now - run.start);
    if (event.error === undefined) return;
    recorded.counts.failures++;
    this.#tallyOf(recorded, now).failures++;
    const error = `${event.error.name}: ${event.error.message}`;
    if (this.#keeps()) recorded.failures.push({ at: now, error, attempt: run.attempt });
  }

  #onMissed(worker: string, count: number, reason: MissedRuns["reason"]): void {
    const at = Date.now();
    if (this.isPaused || at >= this.#end) return;
    const recorded = this.#of(worker);
    recorded.counts.missed += count;
    this.#tallyOf(recorded, at).missed += count;
    if (this.#keeps()) recorded.missed.push({ at, count, reason });
  }

  #onRetry(worker: string, event: "retry" | "restart", delay: number): void {
    const at = Date.now();
    if (this.isPaused || at >= this.#end) return;
    const recorded = this.#workers.get(worker);
    if (recorded !== undefined) {
      recorded.counts.retries++;
      this.#tallyOf(recorded, at).retries++;
    }
    this.add(worker, event, `${Math.round(delay)}`);
  }

  #tallyOf({ tallies }: Recorded, at: number): Tally {
    const column = Math.min(Math.floor((at - this.#start) / this.#columnLength), this.#columns - 1);
    return tallies[column] ?? noTally();
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  /** Returns what was recorded. */
  finish(of: Pick<Timeline, "timezone" | "seed" | "outages">): Timeline {
    this.#moveToPart(this.#end);
    const workers = Array.from(this.#workers.values(), toTimeline);
    return {
      start: this.#start,
      end: this.#end,
      ...of,
      workers,
      events: this.#events,
      peak: this.#peak,
      overlaps: this.#overlaps,
      endedEarly: this.#endedEarly,
      columns: { count: this.#columns, length: this.#columnLength },
      load: this.#load,
      notKept: this.#notKept,
    };
  }
}

function toTimeline(recorded: Recorded): WorkerTimeline {
  const { name, group, schedule, runs, failures, missed, counts, lateness, longest, tallies } = recorded;
  return { name, group, schedule, runs, failures, missed, counts, lateness, longest, tallies };
}

function remove(active: SimulatedRun[], run: SimulatedRun): void {
  const index = active.indexOf(run);
  if (index >= 0) active.splice(index, 1);
}

function noTally(): Tally {
  return { runs: 0, failures: 0, missed: 0, retries: 0 };
}
