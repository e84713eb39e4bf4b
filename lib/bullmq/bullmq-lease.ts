import {
  type BackendFactory,
  type IQueueBackend,
  type Job,
  type JobJson,
  type JobProgress,
  Worker,
  type WorkerOptions,
} from "bullmq";
import type { Lease } from "../distributed/engine.js";
import { LeaseLostError } from "../errors/lease-lost-error.js";
import { toError } from "../errors/thrown-value-error.js";
import { formatDuration } from "../timers/format-duration.js";
import { QueueTimer } from "../timers/queue-timer.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { DatabaseClock } from "./database-clock.js";
import type { WorkerRecord } from "./worker-record.js";

/** The part of a lock's duration that a lease uses: in the rest the run stops, before another replica can get the lock. */
const usedPart = 0.8;

/** One instant on both clocks: the monotonic clock may stand still while a machine sleeps, and the wall clock can be set. */
export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

export function currentInstant(): Instant {
  return { monotonic: TimerQueue.current().now(), wall: Date.now() };
}

export interface LockOptions {
  /** In ms. */
  readonly lockDuration: number;
  /** Not later than when the job was locked. */
  readonly lockedAt: Instant;
  readonly fence: number;
  readonly clock: DatabaseClock;
}

/**
 * A lease that lasts as long as the lock of a job is renewed. Its age counts from when a renewal was sent, not from when the
 * answer was read: the process may be frozen in between. A lease that is lost stays lost.
 */
export class BullmqLease implements Lease {
  readonly isLocal = false;
  readonly snapshot: unknown;
  readonly status;
  readonly due: number;
  readonly fence: number;
  /** On the database's clock. */
  readonly takenAt: number;
  readonly #worker: string;
  readonly #lockDuration: number;
  readonly #clock: DatabaseClock;
  readonly #controller = new AbortController();
  readonly #timer = new QueueTimer(() => {
    this.check();
    if (!this.signal.aborted) this.#setTimer();
  });
  #renewedAt: Instant;

  constructor(worker: string, { snapshot, status, due }: WorkerRecord, { lockDuration, lockedAt, fence, clock }: LockOptions) {
    this.fence = fence;
    this.takenAt = clock.now();
    this.#worker = worker;
    this.snapshot = snapshot;
    this.status = status;
    this.due = due;
    this.#lockDuration = lockDuration;
    this.#clock = clock;
    this.#renewedAt = lockedAt;
    this.#setTimer();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  now(): number {
    return this.#clock.now();
  }

  /** @param sentAt when the renewal was sent */
  renewed(sentAt: Instant): void {
    this.check();
    if (this.signal.aborted) return;
    this.#renewedAt = sentAt;
    this.#setTimer();
  }

  check(): void {
    const { monotonic, wall } = currentInstant();
    const age = Math.max(monotonic - this.#renewedAt.monotonic, wall - this.#renewedAt.wall);
    if (age >= this.#lockDuration * usedPart) this.lose(`its lock was not renewed for ${formatDuration(Math.round(age))}`);
  }

  /** @param cause a clause for the error message */
  lose(cause: string): void {
    this.#timer.cancel();
    if (!this.signal.aborted) this.#controller.abort(new LeaseLostError(this.#worker, cause));
  }

  /** The leased run has ended: no longer watches the lock. */
  end(): void {
    this.#timer.cancel();
  }

  #setTimer(): void {
    this.#timer.sleepUntil(this.#renewedAt.monotonic + this.#lockDuration * usedPart);
  }
}

/** A BullMQ worker that reports to the leases of its jobs whether their locks were renewed. */
export class LockTrackingWorker<Options> extends Worker<unknown, unknown, string, IQueueBackend, JobProgress, Options> {
  readonly #leases = new Map<string, BullmqLease>();
  readonly #clock: DatabaseClock;

  constructor(
    queue: string,
    process: (job: Job, token?: string) => Promise<void>,
    options: WorkerOptions<Options>,
    create: BackendFactory<IQueueBackend, Options>,
    clock: DatabaseClock,
  ) {
    super(queue, process, options, create);
    this.#clock = clock;
  }

  /** BullMQ compares the times of a job with the wall clock of this process. */
  protected override createJob(data: JobJson, jobId: string): Job<unknown, unknown, string, JobProgress> {
    const processedOn = Number(data.processedOn);
    return super.createJob(
      processedOn > 0 ? { ...data, processedOn: Math.floor(this.#clock.toLocal(processedOn)) } : data,
      jobId,
    );
  }

  protected override getBlockTimeout(blockUntil: number): number {
    return super.getBlockTimeout(blockUntil > 0 ? this.#clock.toLocal(blockUntil) : blockUntil);
  }

  /**
   * BullMQ calls this again after a pause without awaiting it, so a failure becomes an error event, not an unhandled rejection.
   */
  override async run(): Promise<void> {
    try {
      await super.run();
    } catch (thrown) {
      this.emit("error", toError(thrown, ""));
    }
  }

  lease(jobId: string, lease: BullmqLease): void {
    this.#leases.set(jobId, lease);
  }

  /** Ignores a lease that has been replaced by a later one of the same job. */
  untrackLease(jobId: string, lease: BullmqLease): void {
    if (this.#leases.get(jobId) === lease) this.#leases.delete(jobId);
  }

  /**
   * Stops renewing locks, whether or not the worker is closed: if the blocking connection of a BullMQ worker is reconnecting,
   * `close()` never settles and the renewals go on.
   */
  async stopRenewing(): Promise<void> {
    await this.lockManager.close();
  }

  override async extendJobLocks(jobIds: string[], tokens: string[], duration: number): Promise<string[]> {
    const sentAt = currentInstant();
    const held = new Map(this.#leases);
    const refused = await super.extendJobLocks(jobIds, tokens, duration);
    for (const jobId of jobIds) {
      const lease = held.get(jobId);
      // A job that was handed back meanwhile has no lock to renew.
      if (lease === undefined || this.#leases.get(jobId) !== lease) continue;
      if (refused.includes(jobId)) lease.lose("its lock has expired");
      else lease.renewed(sentAt);
    }
    return refused;
  }
}
