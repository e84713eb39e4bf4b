import type { Participant } from "../distributed/engine.js";
import { listNames } from "../errors/list-names.js";
import { channels } from "../events/channels.js";
import type { Logger } from "../runtime/logger.js";
import { formatDuration } from "../timers/format-duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { QueueSnapshot } from "./database.js";
import { jobIdOf } from "./worker-record.js";

/** How late, in ms, a worker is at least before that is a problem, and which part of `lockDuration`. */
const lateAfter = { least: 5_000, part: 1 / 3 };

/** After how many ms without a run the connection is made anew. */
const reconnectAfter = 60_000;

type Participants = ReadonlyMap<string, Pick<Participant, "isOpen" | "setLate">>;

/**
 * Watches for workers that are due and run on no replica, for whatever reason: logs them, publishes them, and shows them in
 * `status()`.
 *
 * A worker whose job a replica has locked is not late, nor is one whose lock has expired for less than two of BullMQ's checks for
 * that, nor one that is paused here.
 */
export class LateWorkers {
  readonly #lateAfter: number;
  readonly #checkTime: number;
  /** When each job that waits to be fetched, or is active without a lock, was seen so first, on the database's clock. */
  #idleSince = new Map<string, number>();
  /** Since when each worker has been due by its declaration here, while its job waits for another time. */
  readonly #overdueSince = new Map<string, number>();
  /** The workers that are late, and since when. */
  #late = new Map<string, number>();
  #logger: Logger | undefined;
  #connectedAt = 0;
  /** When the queue was read first over this connection, on the database's clock; 0 until then. */
  #watchedSince = 0;

  /** The times are in ms. */
  constructor(lockDuration: number, stalledInterval: number) {
    this.#lateAfter = Math.max(lateAfter.least, lockDuration * lateAfter.part);
    this.#checkTime = 2 * stalledInterval;
  }

  has(worker: string): boolean {
    return this.#late.has(worker);
  }

  /** A new connection begins. */
  connecting(logger: Logger): void {
    this.#logger = logger;
    this.#connectedAt = TimerQueue.current().now();
    this.#idleSince = new Map();
    this.#watchedSince = 0;
  }

  /**
   * Whether a worker is due by its declaration on this replica, although its job waits: it is late if that lasts, as while more
   * replicas have an older declaration.
   * @param now undefined if it is not
   */
  setOverdue(worker: string, now: number | undefined): void {
    if (now === undefined) this.#overdueSince.delete(worker);
    else if (!this.#overdueSince.has(worker)) this.#overdueSince.set(worker, now);
  }

  /** Whether workers have been late for so long, although the database answers, that the connection may be the cause. */
  needReconnect(now: number): boolean {
    const isOld = TimerQueue.current().now() - this.#connectedAt > reconnectAfter;
    return isOld && [...this.#late.values()].some((since) => now - since > reconnectAfter);
  }

  /** Compares the queue with the workers of this process. */
  update({ now, jobs }: QueueSnapshot, participants: Participants): void {
    // While no replica was connected, nothing could run.
    this.#watchedSince ||= now;
    const idleSince = new Map<string, number>();
    const late = new Map<string, number>();
    for (const [name, participant] of participants) {
      const summary = jobs.get(jobIdOf(name));
      if (!participant.isOpen || summary === undefined) continue;
      const { state, until } = summary;
      const isStalled = state === "active" && until <= now;
      if (state === "waiting" || isStalled) idleSince.set(name, this.#idleSince.get(name) ?? now);
      else if (state !== "delayed") continue;
      const fetchable = idleSince.get(name) ?? until;
      const since = Math.max(this.#watchedSince, Math.min(fetchable, this.#overdueSince.get(name) ?? fetchable));
      const lateSince = this.#late.get(name);
      // It was promoted meanwhile, and has not run yet.
      const isStillLate = lateSince !== undefined && state !== "delayed";
      if (isStillLate || now - since > this.#lateAfter + (isStalled ? this.#checkTime : 0)) late.set(name, lateSince ?? since);
    }
    this.#idleSince = idleSince;
    for (const name of this.#overdueSince.keys()) if (!participants.has(name)) this.#overdueSince.delete(name);
    this.#report(late, participants, now);
    this.#late = late;
  }

  #report(late: ReadonlyMap<string, number>, participants: Participants, now: number): void {
    const begun = [...late.keys()].filter((name) => !this.#late.has(name));
    const over = [...this.#late.keys()].filter((name) => !late.has(name));
    for (const name of begun) {
      const since = late.get(name) ?? now;
      participants.get(name)?.setLate(since);
      if (channels.late.isObserved) channels.late.publish({ worker: name, due: since, lateness: now - since });
    }
    for (const name of over) participants.get(name)?.setLate(null);
    const longest = (names: readonly string[], all: ReadonlyMap<string, number>): string =>
      formatDuration(Math.round(now - Math.min(...names.map((name) => all.get(name) ?? now))));
    if (begun.length > 0)
      this.#logger?.error(
        { late: begun },
        `due for ${longest(begun, late)}, and not running on any replica: ${listNames(begun)}; waking them`,
      );
    if (over.length > 0) this.#logger?.info(`no longer late, after ${longest(over, this.#late)}: ${listNames(over)}`);
  }
}
