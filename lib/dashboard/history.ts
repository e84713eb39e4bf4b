import type { MissedEvent, RunEvent } from "../index.js";
import type { Detail, Strip } from "./api.js";
import { isForeignFrame, isFrame } from "./frames.js";
import { bytesOfRecord, causes, largestError, missedReasons, outcomes, RunRing } from "./run-ring.js";

/** What a worker costs beside its records, in bytes. Measured. */
const bytesOfWorker = 450;

/** The capacity of a ring, in records: first, at least, and at most. */
const firstCapacity = 8;
const minCapacity = 4;
const maxCapacity = 256;

/** What the page shows of one worker. */
const maxErrors = 10;
const maxRuns = 100;
const maxMisses = 50;
const maxStripRuns = 200;
const strip = 3_600_000;

/** The longest message and text of an error, in characters. */
const longestMessage = 500;
const longestText = 20_000;

/** Errors of a worker with the same name and message, from the same place. */
interface RecordedError {
  readonly id: number;
  readonly owner: WorkerHistory;
  /** Its name and message, cut. */
  readonly message: string;
  /** The first frame of the application in its stack; `""` if there is none. */
  readonly place: string;
  at: number;
  count: number;
  /** With the stack. */
  text: string;
  /** Whether the text is that of the status, which has its causes too. */
  isComplete: boolean;
}

/** The runs and errors of one worker. */
class WorkerHistory {
  readonly ring: RunRing;
  /** The newest last. */
  errors: RecordedError[] = [];
  lastErrorId = 0;
  /** When the first of the runs ended that have failed since the last success; 0 if none has. */
  firstFailure = 0;

  constructor(capacity: number) {
    this.ring = new RunRing(capacity);
  }
}

/**
 * The last runs, missed runs and errors of all workers, within a number of bytes: three quarters for runs, which the workers
 * share evenly, one quarter for the texts of errors, of which the oldest of all workers is dropped. If there are more workers
 * than fit, the others have no history.
 */
export class History {
  readonly #bytesOfRuns: number;
  readonly #bytesOfErrors: number;
  readonly #maxWorkers: number;
  readonly #isKnown: (worker: string) => boolean;
  readonly #workers = new Map<string, WorkerHistory>();
  /** How many workers the capacity is shared among, at least. */
  #planned = 64;
  #capacity: number;
  /** All errors, the one that has occurred last at the end. */
  readonly #errors = new Set<RecordedError>();
  #usedByErrors = 0;
  /** The workers with an error whose text is not complete. */
  readonly #unresolved = new Set<string>();

  /** @param isKnown whether there is a worker of a name: the history of others is dropped from time to time */
  constructor(bytes: number, isKnown: (worker: string) => boolean) {
    this.#bytesOfErrors = Math.floor(bytes / 4);
    this.#bytesOfRuns = bytes - this.#bytesOfErrors;
    this.#maxWorkers = Math.floor(this.#bytesOfRuns / (bytesOfWorker + minCapacity * bytesOfRecord));
    this.#isKnown = isKnown;
    this.#capacity = this.#capacityFor(this.#planned);
  }

  /** The bytes of all records and texts, as they are counted for the limit. */
  get bytes(): number {
    let bytes = this.#usedByErrors;
    for (const { ring } of this.#workers.values()) bytes += bytesOfWorker + ring.capacity * bytesOfRecord;
    return bytes;
  }

  /**
   * @param start in ms since the epoch
   * @param isCounted whether its error was added before, as one that is not of a run
   */
  addRun(
    { worker, outcome = "done", cause, attempt, error, duration = 0, lateness = 0 }: RunEvent,
    start: number,
    isCounted = false,
  ): void {
    const history = this.#ensure(worker);
    if (history === undefined) return;
    const code = outcomes.indexOf(outcome);
    const errorId = error === undefined ? 0 : this.#addError(worker, history, error, isCounted);
    if (outcome === "failed") history.firstFailure ||= Math.round(start + duration);
    else if (outcome !== "stopped") history.firstFailure = 0;
    history.ring.addRun({ start, duration, lateness, outcome: code, cause: causes.indexOf(cause), attempt, error: errorId });
  }

  addMiss({ worker, count, reason }: MissedEvent): void {
    this.#ensure(worker)?.ring.addMiss({ at: Date.now(), count, reason: missedReasons.indexOf(reason) });
  }

  /** Adds an error that is not of a run. */
  addError(worker: string, error: Error): void {
    const history = this.#ensure(worker);
    if (history !== undefined) this.#addError(worker, history, error, false);
  }

  successRateOf(worker: string): number | null {
    return this.#workers.get(worker)?.ring.successRate ?? null;
  }

  /** When the first run ended that has failed since the last success, in ms since the epoch; null if none has. */
  firstFailureOf(worker: string): number | null {
    return this.#workers.get(worker)?.firstFailure || null;
  }

  /** The workers with an error of which only its own stack is known so far. */
  get unresolved(): ReadonlySet<string> {
    return this.#unresolved;
  }

  /**
   * Completes the last error of a worker.
   * @param message as in the status of the worker
   * @param text with the stack and the causes: of the first of those that differ in numbers alone
   */
  resolve(worker: string, message: string | null, text: string | null): void {
    this.#unresolved.delete(worker);
    const wanted = message?.slice(0, longestMessage);
    const error = this.#workers.get(worker)?.errors.findLast((each) => each.message === wanted);
    if (error === undefined || text === null || error.isComplete) return;
    const frames = text.search(/^\s+at /m);
    // Errors may be of one kind for the status, as they have their first frame in common, and be from different places.
    if (frames >= 0 && !text.includes(error.place)) return;
    this.#usedByErrors -= bytesOfError(error);
    error.text = (text.startsWith(error.message) ? text : `${error.message}\n${frames < 0 ? "" : text.slice(frames)}`).slice(
      0,
      longestText,
    );
    error.isComplete = true;
    this.#usedByErrors += bytesOfError(error);
    this.#dropErrors();
  }

  /** The runs and misses of the last hour, and when the runs were due. */
  stripOf(worker: string): Pick<Strip, "runs" | "due" | "missed"> {
    const runs: Strip["runs"] = [];
    const due: Strip["due"] = [];
    const missed: Strip["missed"] = [];
    const from = Date.now() - strip;
    this.#workers.get(worker)?.ring.visit(
      ({ start, duration, lateness, outcome, cause }) => {
        if (start + duration < from) return false;
        runs.push([start, rounded(duration), outcome]);
        if (causes[cause] === "schedule") due.push(Math.round(start - lateness));
        return runs.length < maxStripRuns;
      },
      ({ at, count }) => {
        if (at >= from) missed.push([at, count]);
        return at >= from;
      },
    );
    return { runs: runs.reverse(), due: due.reverse(), missed: missed.reverse() };
  }

  detailOf(worker: string): Pick<Detail, "runs" | "errors" | "missed"> {
    const runs: Detail["runs"] = [];
    const missed: Detail["missed"] = [];
    const history = this.#workers.get(worker);
    const errors = history?.errors ?? [];
    history?.ring.visit(
      ({ start, duration, lateness, outcome, cause, attempt, error }) => {
        if (runs.length < maxRuns)
          runs.push({
            start,
            due: start - Math.round(lateness),
            cause: causes[cause] ?? "schedule",
            duration: rounded(duration),
            lateness: rounded(lateness),
            outcome: outcomes[outcome] ?? "done",
            attempt,
            error: errors.find(({ id }) => id === error)?.message ?? null,
          });
        return true;
      },
      ({ at, count, reason }) => {
        if (missed.length < maxMisses) missed.push({ at, count, reason: missedReasons[reason] ?? "busy" });
        return true;
      },
    );
    return {
      runs,
      missed,
      errors: errors.map(({ at, count, text }) => ({ at, count, text })).reverse(),
    };
  }

  clear(): void {
    this.#workers.clear();
    this.#errors.clear();
    this.#unresolved.clear();
    this.#usedByErrors = 0;
  }

  /** Undefined if there is no room for another worker. */
  #ensure(worker: string): WorkerHistory | undefined {
    const known = this.#workers.get(worker);
    if (known !== undefined) {
      const { ring } = known;
      if (ring.isFull && ring.capacity < this.#capacity) ring.resize(Math.min(2 * ring.capacity, this.#capacity));
      return known;
    }
    if (this.#workers.size >= this.#planned) this.#share();
    if (this.#workers.size >= this.#maxWorkers) return undefined;
    const added = new WorkerHistory(Math.min(firstCapacity, this.#capacity));
    this.#workers.set(worker, added);
    return added;
  }

  /** Shares the bytes among more workers, after those that are gone have been dropped. */
  #share(): void {
    for (const [worker, { errors }] of this.#workers) {
      if (this.#isKnown(worker)) continue;
      for (const error of errors) this.#forget(error);
      this.#unresolved.delete(worker);
      this.#workers.delete(worker);
    }
    this.#planned = Math.max(64, Math.min(Math.ceil(1.25 * (this.#workers.size + 1)), this.#maxWorkers));
    this.#capacity = this.#capacityFor(this.#planned);
    for (const { ring } of this.#workers.values()) if (ring.capacity > this.#capacity) ring.resize(this.#capacity);
  }

  #capacityFor(workers: number): number {
    const records = Math.floor((this.#bytesOfRuns / workers - bytesOfWorker) / bytesOfRecord);
    return Math.max(minCapacity, Math.min(records, maxCapacity));
  }

  #addError(worker: string, owner: WorkerHistory, error: Error, isCounted: boolean): number {
    const message = describe(error).slice(0, longestMessage);
    const stack = framesOf(error);
    const place = stack.find((frame) => !isForeignFrame(frame))?.trim() ?? "";
    let recorded = owner.errors.find((each) => each.message === message && each.place === place);
    if (recorded === undefined) {
      owner.lastErrorId = (owner.lastErrorId % largestError) + 1;
      const text = [message, ...stack].join("\n").slice(0, longestText);
      recorded = { id: owner.lastErrorId, owner, message, place, at: 0, count: 0, text, isComplete: false };
      this.#usedByErrors += bytesOfError(recorded);
    }
    if (!recorded.isComplete) this.#unresolved.add(worker);
    recorded.at = Date.now();
    if (!isCounted || recorded.count === 0) recorded.count++;
    // To the end, as the newest one.
    this.#errors.delete(recorded);
    this.#errors.add(recorded);
    owner.errors = [...owner.errors.filter((each) => each !== recorded), recorded];
    const [oldest] = owner.errors;
    if (owner.errors.length > maxErrors && oldest !== undefined) this.#drop(oldest);
    this.#dropErrors();
    return recorded.id;
  }

  #dropErrors(): void {
    for (const oldest of this.#errors) {
      if (this.#usedByErrors <= this.#bytesOfErrors) return;
      this.#drop(oldest);
    }
  }

  #drop(error: RecordedError): void {
    error.owner.errors = error.owner.errors.filter((each) => each !== error);
    this.#forget(error);
  }

  #forget(error: RecordedError): void {
    if (this.#errors.delete(error)) this.#usedByErrors -= bytesOfError(error);
  }
}

/** An object, and two bytes a character. */
function bytesOfError({ message, place, text }: RecordedError): number {
  return 140 + 2 * (message.length + place.length + text.length);
}

/** Name and message, as in the status of a worker. Never throws: both may be accessors. */
function describe(error: Error): string {
  try {
    return `${error.name}: ${error.message}`;
  } catch {
    return "an error that cannot be read";
  }
}

/** The frames of the stack of an error. Never throws. */
function framesOf(error: Error): string[] {
  try {
    const { stack = "", message } = error;
    // The message may have lines that look like frames.
    const start = Math.max(stack.indexOf(message), 0) + message.length;
    return stack
      .slice(start, start + longestText)
      .split("\n")
      .filter(isFrame);
  } catch {
    return [];
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
