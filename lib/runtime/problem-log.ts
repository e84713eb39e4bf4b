import { errorKind, errorText } from "../errors/error-text.js";
import { describeError } from "../errors/read-error.js";
import { cutText } from "../errors/show-value.js";
import { formatDuration } from "../timers/format-duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { Logger, LogLevel } from "./logger.js";
import { epochOf } from "./runs.js";
import { WorkerLogger } from "./worker-logger.js";
import type { WorkerStatus } from "./worker-status.js";

/**
 * How long after the first line of a problem there is a reminder that it goes on, in ms. Each further one takes twice as long.
 */
const firstReminder = 60_000;
const longestReminder = 3_600_000;

/**
 * The last error in words: an error itself whose stack is never read keeps alive all that ran when it was thrown. Errors of one
 * kind that follow each other have one stack, as it takes long to make.
 */
export interface LastError {
  readonly text: string;
  /** In whole ms, on the clock of the timer queue. */
  readonly at: number;
  readonly stack: string | null;
}

/** The worker that an entry is about, and where it is written. */
export interface Subject {
  readonly name: string;
  readonly logger: Logger;
}

/** The worker that an entry is about, and what follows for others if it fails now. */
export interface Failing extends Subject {
  readonly consequence: string;
}

/**
 * Counts how often something has happened, and decides which times are worth a line: the first, then after 1, 2, 4 … minutes, and
 * hourly.
 */
class Recurrence {
  count = 0;
  readonly since = TimerQueue.current().now();
  #reminder = firstReminder;
  #due = this.since + firstReminder;

  /** Whether this time is worth a line. */
  happens(): boolean {
    this.count++;
    if (this.count === 1) return true;
    const now = TimerQueue.current().now();
    if (now < this.#due) return false;
    this.#reminder = Math.min(2 * this.#reminder, longestReminder);
    this.#due = now + this.#reminder;
    return true;
  }

  get lasts(): string {
    return formatDuration(TimerQueue.current().now() - this.since);
  }
}

/** What has failed: an attempt of a run, or the worker; or the worker itself has reported a problem. */
export type Failed = "attempt" | "worker" | "reported";

/**
 * What has gone wrong with one worker: the counts that its status shows, and the lines of its log, which are few however often
 * something fails. Made at the first problem.
 */
export class ProblemLog {
  failures = 0;
  /** Whether the run that is under way is among the failures already, though it has not ended. */
  isRunCounted = false;
  missedRuns = 0;
  #lastError: LastError | undefined;
  /** The {@link errorKind} of the last error; undefined if it is from another replica. */
  #lastKind: string | undefined;
  /** By the kind of the failure, since the worker was healthy. */
  #failures: Map<string, Recurrence> | undefined;
  #failedAt = 0;
  #failureCount = 0;
  /** The errors that have been logged as such since the worker was healthy, so that later entries leave them out. */
  #logged: WeakSet<Error> | undefined;
  /** The errors whose entry says what follows for others, each with the worker of the entry. */
  #consequenceLogged: WeakMap<Error, string> | undefined;
  #missed: Recurrence | undefined;
  #missedCount = 0;
  #overdue: Recurrence | undefined;
  #longRun: { readonly start: number; readonly recurrence: Recurrence } | undefined;

  get lastError(): LastError | undefined {
    return this.#lastError;
  }

  /** Continues from the last error in another replica. */
  set lastError(error: LastError | undefined) {
    this.#lastError = error;
    this.#lastKind = undefined;
  }

  /** Keeps what the status shows of the last error. */
  remember(error: Error): void {
    const text = describeError(error);
    const kind = errorKind(error);
    const known = this.#isOfLastKind(kind, text) ? this.#lastError?.stack : undefined;
    this.#lastKind = kind;
    this.#lastError = {
      text,
      at: Math.round(TimerQueue.current().now()),
      stack: known ?? cutText(errorText(error), longestStack),
    };
  }

  #isOfLastKind(kind: string, text: string): boolean {
    if (this.#lastKind !== undefined) return kind === this.#lastKind;
    return this.#lastError !== undefined && withoutNumbers(this.#lastError.text) === withoutNumbers(text);
  }

  /** Adds the last error to a status, and the counts. */
  describe(status: WorkerStatus): void {
    status.failures = this.failures;
    status.missed = this.missedRuns;
    this.describeLastError(status);
  }

  describeLastError(status: WorkerStatus): void {
    if (this.#lastError === undefined) return;
    const { text, at, stack } = this.#lastError;
    status.lastError = text;
    status.lastErrorAt = epochOf(at);
    status.lastErrorStack = stack;
  }

  /**
   * Something has failed and will be tried again. The first failure of a kind is a warning with the error; the others are entries
   * of level debug with their count, but for a reminder now and then.
   */
  failed(subject: Subject, error: Error, what: Failed, message: string, fields: object = {}): void {
    this.#fail("warn", subject, error, what, message, fields);
  }

  /**
   * All attempts of a run have failed. Written as {@link failed} does, but as an error, and always if something follows for
   * others.
   */
  gaveUpRun(subject: Failing, error: Error, message: string, fields: object = {}): void {
    const { consequence } = subject;
    this.#fail("error", subject, error, "run given up", `${message}${consequence}`, fields, consequence !== "");
    this.#rememberConsequence(subject, error, consequence);
  }

  #fail(
    level: "warn" | "error",
    subject: Subject,
    error: Error,
    what: Failed | "run given up",
    message: string,
    fields: object,
    isLast = false,
  ): void {
    this.remember(error);
    if (this.#failures === undefined) {
      this.#failures = new Map();
      this.#failedAt = TimerQueue.current().now();
      this.#failureCount = 0;
    }
    // A run that was given up may be the failure of the worker, which is restarted: that is one failure.
    if (level === "error" || this.#logged?.has(error) !== true) this.#failureCount++;
    const recurrence = this.#recurrenceOf(this.#failures, error, what);
    const isWorthALine = recurrence.happens() || isLast;
    const count = recurrence.count === 1 ? {} : { count: recurrence.count };
    const times = recurrence.count === 1 ? "" : `; ${recurrence.count} times in ${recurrence.lasts}`;
    this.#write(isWorthALine ? level : "debug", subject, error, `${message}${times}`, { ...fields, ...count });
    if (level === "error") (this.#logged ??= new WeakSet()).add(error);
  }

  /** The worker has failed with this error and is not tried again. The entry says what follows for others. */
  gaveUp(subject: Failing, error: Error, message: string, fields: object = {}): void {
    const { consequence } = subject;
    this.failedFinally(subject, error, `${message}${consequence}`, fields);
    this.#rememberConsequence(subject, error, consequence);
  }

  /** Something has failed and is not tried again. */
  failedFinally(subject: Subject, error: Error, message: string, fields: object = {}): void {
    this.#write("error", subject, error, message, fields);
    (this.#logged ??= new WeakSet()).add(error);
  }

  #rememberConsequence({ name }: Subject, error: Error, consequence: string): void {
    if (consequence !== "") (this.#consequenceLogged ??= new WeakMap()).set(error, name);
  }

  /**
   * Whether an entry has said already what follows from the failure that a worker has ended with. That is asked once for each
   * failure.
   */
  wasConsequenceLogged({ name }: Subject, error: Error): boolean {
    return this.#consequenceLogged?.get(error) === name && this.#consequenceLogged.delete(error);
  }

  /** Runs were due and have not been run. */
  missed(subject: Subject, count: number, cause: string): void {
    this.#missedCount += count;
    this.#missed ??= new Recurrence();
    // The others are in the status and on the channel, and may be as many as the runs.
    if (!this.#missed.happens()) return;
    const total = this.#missed.count === 1 ? "" : `; ${this.#missedCount} in ${this.#missed.lasts}`;
    const runs = count === 1 ? "1 run" : `${count} runs`;
    new WorkerLogger(subject.logger, subject.name).warn({ missed: count }, `missed ${runs}: ${cause}${total}`);
  }

  /** A run has timed out and ignores its signal. */
  overdue(subject: Subject, limit: number): void {
    this.#overdue ??= new Recurrence();
    if (!this.#overdue.happens()) return;
    const logger = new WorkerLogger(subject.logger, subject.name);
    logger.warn(
      `timed out after ${formatDuration(limit)} and is still running; the next run waits for it: let it watch its signal`,
    );
  }

  /**
   * A run goes on while others are due.
   * @param start when it began, on the clock of the timer queue
   * @param missed how many runs were missed since it was last said
   */
  stillRunning(subject: Subject, start: number, took: number, missed: number): void {
    this.#missedCount += missed;
    if (this.#longRun?.start !== start) this.#longRun = { start, recurrence: new Recurrence() };
    if (!this.#longRun.recurrence.happens()) return;
    const logger = new WorkerLogger(subject.logger, subject.name);
    logger.warn(
      { duration: took },
      `still running after ${formatDuration(took)}; the runs that are due wait for it: a @Timeout limits it`,
    );
  }

  /** A run has succeeded, or a continuous worker has stayed up for long enough. */
  recovered(subject: Subject): void {
    this.#logged = undefined;
    if (this.#failures === undefined) return;
    this.#failures = undefined;
    const failures = this.#failureCount === 1 ? "1 failure" : `${this.#failureCount} failures`;
    const duration = TimerQueue.current().now() - this.#failedAt;
    new WorkerLogger(subject.logger, subject.name).info(
      { failures: this.#failureCount, duration },
      `recovered after ${failures} in ${formatDuration(duration)}`,
    );
  }

  #recurrenceOf(failures: Map<string, Recurrence>, error: Error, what: Failed | "run given up"): Recurrence {
    const kind = `${what}: ${errorKind(error)}`;
    const known = failures.get(kind);
    if (known !== undefined) return known;
    // Messages that are all different are one kind from then on.
    if (failures.size >= mostKinds) return failures.values().next().value ?? new Recurrence();
    const recurrence = new Recurrence();
    failures.set(kind, recurrence);
    return recurrence;
  }

  #write(level: LogLevel, subject: Subject, error: Error, message: string, fields: object): void {
    const shown = this.#logged?.has(error) === true ? fields : { ...fields, err: error };
    new WorkerLogger(subject.logger, subject.name)[level](shown, message);
  }
}

const mostKinds = 10;

/** The longest stack that is kept for the status. */
const longestStack = 8_000;

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+/g, "#");
}
