import { createHash } from "node:crypto";
import type { Backoff } from "../backoff/backoff.js";
import { ExponentialBackoff } from "../backoff/exponential-backoff.js";
import { StaticBackoff } from "../backoff/static-backoff.js";
import { RepeatDefinition } from "../chain/repeat.js";
import { describeRepetition, type Repetition } from "../chain/repetition.js";
import { RetryDefinition } from "../chain/retry.js";
import { RetryJobDefinition } from "../chain/retry-job.js";
import { TimeoutDefinition } from "../chain/timeout.js";
import { timetableOf } from "../chain/timetable.js";
import { RefiningDefinition, type WorkerDefinition } from "../chain/worker-definition.js";
import { className, isInstanceOf, readProperty } from "../errors/read-value.js";
import { numberIn, type Snapshot, type SnapshotEntry } from "../runtime/snapshot.js";
import type { Definition } from "../runtime/task.js";

/** By how many ms a snapshot may seem to be saved in the future: the engine's clock is measured. */
const clockTolerance = 1_000;

/** The kind of the snapshot entry. */
const kind = "declaration";

/**
 * How a worker is declared on this replica, as far as that decides when it is due. It is saved with each snapshot. A snapshot
 * that was saved under another declaration, at a time that has not come yet, or by a version that saved no declaration, decides
 * only what cannot make the worker late.
 */
export class Declaration {
  readonly #repetition: Repetition | undefined;
  readonly #backoffs: Backoffs;
  /** `"continuous"`, or how the worker is repeated. */
  readonly #timing: string;
  /** Stands for its backoffs. */
  readonly #hash: string;

  constructor(chain: WorkerDefinition) {
    this.#repetition = chain.repetition;
    this.#backoffs = backoffsOf(chain);
    this.#timing = chain.repetition === undefined ? "continuous" : describeRepetition(chain.repetition);
    const { retry, retryJob } = this.#backoffs;
    const text = `${describeBackoff(retry)}\n${describeBackoff(retryJob)}`;
    this.#hash = createHash("sha256").update(text).digest("base64url").slice(0, 12);
  }

  /** To compare declarations. */
  get text(): string {
    return `${this.#timing} ${this.#hash}`;
  }

  /** @param now on the engine's clock */
  save(snapshot: Snapshot, now: number): void {
    snapshot.write(kind, { timing: this.#timing, backoffs: this.#hash, at: Math.round(now) });
  }

  /** When a snapshot was saved, on the engine's clock; undefined if it does not tell. */
  static savedAt(snapshot: Snapshot): number | undefined {
    return numberIn(snapshot.peek(kind), "at");
  }

  /**
   * Whether the worker continues where the timetable of a snapshot had reached: if that was for the same times, or if the worker
   * has had its first run and is still repeated.
   */
  keepsTimetable(snapshot: Snapshot, now: number): boolean {
    const entry = snapshot.peek(kind);
    if (isFromFuture(entry, now)) return false;
    return entry?.timing === this.#timing || hasStarted(snapshot.peek("repeat"), now);
  }

  /**
   * When a worker should run next at the latest, on the engine's clock.
   * @param due as it was stored
   * @param worker its name, for messages
   */
  latestDue(due: number, snapshot: Snapshot, now: number, worker: string): number {
    const entry = snapshot.peek(kind);
    if (isFromFuture(entry, now)) return Math.min(due, now);
    for (const which of ["retryJob", "retry"] as const) {
      const attempts = snapshot.peek(which);
      if (attempts?.isWaiting === true)
        return entry?.backoffs === this.#hash ? due : Math.min(due, this.#attemptDue(which, entry, attempts) ?? now);
    }
    const position = snapshot.peek("repeat");
    if (this.#repetition === undefined || position === undefined || !this.keepsTimetable(snapshot, now))
      return Math.min(due, now);
    // A run that waited for an attempt which a restart has cancelled.
    if (position.isRunning === true) return Math.min(due, now);
    const timetable = timetableOf(this.#repetition, worker);
    // A schedule that fails is reported by the run that is due.
    return Math.min(due, timetable.restore(position, 0) ? (timetable.latestDue() ?? due) : now);
  }

  /** When the next attempt would be due if the backoff had been this one; undefined if that is not known. */
  #attemptDue(which: keyof Backoffs, saved: SnapshotEntry | undefined, attempts: SnapshotEntry): number | undefined {
    const at = numberIn(saved, "at");
    const failures = numberIn(attempts, "failures");
    const backoff = this.#backoffs[which];
    if (at === undefined || failures === undefined || backoff === undefined) return undefined;
    try {
      const delay: unknown = backoff.duration(failures);
      return typeof delay === "number" && Number.isFinite(delay) ? at + delay : undefined;
    } catch {
      // Reported when the backoff is asked after the next failure.
      return undefined;
    }
  }
}

interface Backoffs {
  readonly retry: Backoff | undefined;
  readonly retryJob: Backoff | undefined;
}

function isFromFuture(entry: SnapshotEntry | undefined, now: number): boolean {
  return (numberIn(entry, "at") ?? now) > now + clockTolerance;
}

/** Whether a repeated worker has had its first run; before that, another timetable begins anew. */
function hasStarted(entry: SnapshotEntry | undefined, now: number): boolean {
  return (numberIn(entry, "slot") ?? 0) >= 0 && (numberIn(entry, "after") ?? now) <= now;
}

/** Of a worker whose chain has the order of a declarative worker. */
function backoffsOf(chain: WorkerDefinition): Backoffs {
  let retry: Backoff | undefined;
  let retryJob: Backoff | undefined;
  for (let definition: Definition | undefined = chain; definition !== undefined; definition = innerOf(definition)) {
    if (isInstanceOf(definition, RetryDefinition)) retry ??= definition.backoff;
    if (isInstanceOf(definition, RetryJobDefinition)) retryJob ??= definition.backoff;
  }
  return { retry, retryJob };
}

function innerOf(definition: Definition): Definition | undefined {
  if (isInstanceOf(definition, RefiningDefinition) || isInstanceOf(definition, RetryJobDefinition)) return definition.subject;
  if (isInstanceOf(definition, RepeatDefinition) || isInstanceOf(definition, TimeoutDefinition)) return definition.job;
  return undefined;
}

/** The fields of a backoff, and the code of one that is not of this library: what is known of it without a call. */
function describeBackoff(backoff: Backoff | undefined): string {
  if (backoff === undefined) return "";
  const isOurs = isInstanceOf(backoff, ExponentialBackoff) || isInstanceOf(backoff, StaticBackoff);
  const code = isOurs ? "" : String(readProperty(backoff, "duration"));
  try {
    return `${className(backoff)} ${JSON.stringify(backoff)} ${code}`;
  } catch {
    return `${className(backoff)} ${code}`;
  }
}
