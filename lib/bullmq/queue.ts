import { type IQueueBackend, type Job, Queue } from "bullmq";
import { isError, readProperty } from "../errors/read-value.js";
import { type BullmqLease, LockTrackingWorker } from "./bullmq-lease.js";
import type { Database, QueueSnapshot } from "./database.js";
import type { DatabaseClock } from "./database-clock.js";
import { notPermitted } from "./postgres-connection.js";
import { settledWithin } from "./time-limit.js";
import { type WorkerRecord, wrapJson } from "./worker-record.js";

export interface QueueOptions {
  /** The name of the queue. */
  readonly namespace: string;
  /** Of the keys in Redis. */
  readonly prefix?: string;
  /** The name of this process, which BullMQ writes to the jobs that it processes. */
  readonly replica: string;
  /** In ms. */
  readonly lockDuration: number;
  readonly stalledInterval: number;
  /**
   * Called with each job that BullMQ hands to this replica, and the queue that it came from: hand it back there, also while
   * that closes.
   */
  readonly process: (job: Job, token: string, queue: OpenQueue) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** Called with each job whose lock has expired. */
  readonly onStalled: (jobId: string) => void;
}

export interface NewJob {
  readonly jobId: string;
  readonly record: WorkerRecord;
  /** In ms. */
  readonly delay: number;
}

/** The queue with the jobs of all distributed workers of a service, as it is open in this process. */
export interface OpenQueue {
  /** Whether jobs may become available some 100 ms after they are due. */
  readonly isCoarse: boolean;
  /** Exact once the queue is ready. */
  readonly clock: DatabaseClock;
  /** What the log adds about the connection, once the queue is ready: a clause. */
  readonly remark: string | undefined;
  /** Resolves with what is in the queue, once all connections are open. */
  ready(): Promise<QueueSnapshot>;
  /** Begins to fetch jobs. */
  start(): void;
  /** Sets how many jobs may be processed at the same time. */
  setConcurrency(count: number): void;
  /** Adds jobs, unless they exist. `delay` is in ms. */
  add(jobs: readonly NewJob[]): Promise<void>;
  /**
   * Delays a job until a time on the database's clock, and stores its record: atomically, and only if the job is locked by the
   * token, so that a replica that has lost the lock cannot write.
   * @param isForAll whether each replica is to ask for it then, and not only this one
   */
  handBack(jobId: string, token: string, until: number, record: unknown, isForAll: boolean): Promise<void>;
  /** Reads the whole queue, without the records, and the database's clock. */
  readAll(): Promise<QueueSnapshot>;
  read(jobId: string): Promise<Job | undefined>;
  /** Ends the delay of a job, which is available now. */
  promote(job: Job): Promise<void>;
  /** Removes a job from the database, unless it is locked. Returns whether it was. */
  remove(jobId: string): Promise<boolean>;
  /** Ends a pause of the whole queue. */
  endPause(): Promise<void>;
  /** Sets fields of the queue's metadata. */
  setMeta(fields: Readonly<Record<string, string>>): Promise<void>;
  removeMeta(fields: readonly string[]): Promise<void>;
  /** Reports renewals of the job's lock to a lease, until {@link untrackLease}. */
  lease(jobId: string, lease: BullmqLease): void;
  untrackLease(jobId: string, lease: BullmqLease): void;
  /** Fetches no more jobs, until {@link resume}. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  isPaused(): boolean;
  /**
   * Settles within a few seconds, whether or not the database can be reached.
   * @param isAway whether the database is known to be away
   */
  close(isAway: boolean): Promise<void>;
}

/** How long, in ms, to wait until a connection is closed. */
const closeTimeout = { usual: 3_000, away: 500 };

/** After how long, in s, to ask Postgres for jobs although none is known to be due. */
const idleDelay = 60;

/** Opens the queue, and begins to connect. */
export function openQueue<Options>(database: Database<Options>, options: QueueOptions): OpenQueue {
  const { connection, create, isCoarse, clock } = database;
  const { namespace, prefix = "", replica, lockDuration, stalledInterval, process, onError, onStalled } = options;
  const queue = new Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend, Options>(
    namespace,
    { connection, prefix, streams: { events: { maxLen: 100 } } },
    create,
  );
  const processing = new Set<Promise<void>>();
  const worker = new LockTrackingWorker<Options>(
    namespace,
    (job, token = "") => {
      const processed = process(job, token, open);
      const ended = processed.then(
        () => {},
        () => {},
      );
      processing.add(ended);
      database.setRunning(processing.size);
      void ended.then(() => {
        processing.delete(ended);
        database.setRunning(processing.size);
      });
      return processed;
    },
    {
      connection,
      prefix,
      name: replica,
      lockDuration,
      // Twice as often as BullMQ's default: a lock survives an outage that begins just before a renewal for as long as possible.
      lockRenewTime: lockDuration / 4,
      stalledInterval,
      // The job of a worker exists for years, and may stall any number of times.
      maxStalledCount: 1_000_000_000,
      // In s. On Redis, a frozen replica may get the notification about a job; the others look again after this time. Over
      // Postgres, the reconciler finds such a job.
      drainDelay: isCoarse ? Math.max(1, stalledInterval / 1_000) : idleDelay,
      runRetryDelay: 1_000,
      autorun: false,
    },
    create,
    clock,
  );
  queue.on("error", onError);
  worker.on("error", onError);
  worker.on("stalled", (jobId) => {
    database.wake();
    onStalled(jobId);
  });
  const connected = Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  // `ready` passes the rejection on, if it is called at all.
  connected.catch(() => {});

  async function close(isAway: boolean): Promise<void> {
    const ms = isAway ? closeTimeout.away : closeTimeout.usual;
    // A queue that is closed while it connects goes on connecting, and leaves a connection open.
    await settledWithin(ms, connected);
    const closed = Promise.allSettled([worker.close(isAway), queue.close()]);
    if (!(await settledWithin(ms, closed))) await settledWithin(ms, Promise.all(processing));
    // Also after a clean close: a connection that was reset meanwhile may be reconnecting.
    await settledWithin(closeTimeout.away, Promise.allSettled([worker.stopRenewing(), database.end()]));
  }

  const open: OpenQueue = {
    isCoarse,
    clock,
    get remark() {
      return database.remark;
    },
    async ready() {
      await connected;
      return database.read(namespace);
    },
    start: () => void worker.run(),
    setConcurrency(count) {
      worker.concurrency = count;
    },
    async add(jobs) {
      const added = jobs.map(({ record, jobId, delay }) => ({
        // A job that has lost its name is recognised.
        name: jobId,
        data: wrapJson("record", record),
        opts: { jobId, delay, attempts: 1, keepLogs: 0, timestamp: Math.round(clock.now()) },
      }));
      try {
        await queue.addBulk(added);
      } catch (thrown) {
        // On Postgres, adding several at once creates a sequence and temporary tables, for which a role may have no right.
        if (readProperty(thrown, "code") !== notPermitted) throw thrown;
        await Promise.all(added.map(({ name, data, opts }) => queue.add(name, data, opts)));
      }
      database.wake();
    },
    async handBack(jobId, token, until, record, isForAll) {
      // The one text field that both databases can write together with the move, under the lock.
      const fieldsToUpdate = { failedReason: JSON.stringify(record) };
      // By the worker's connection: unlike the queue's, it stays open until the jobs have ended.
      await database.handBack(worker.getBackend(), { jobId, token, until, isForAll, fieldsToUpdate });
    },
    readAll: () => database.read(namespace),
    read: (jobId) => queue.getJob(jobId),
    async promote(job) {
      await job.promote();
      database.wake();
    },
    remove: async (jobId) => (await queue.getBackend().remove(jobId, false)) > 0,
    async endPause() {
      await queue.resume();
      database.wake();
    },
    async setMeta(fields) {
      await queue.getBackend().setQueueMeta({ ...fields });
    },
    async removeMeta(fields) {
      await queue.getBackend().removeQueueMetaFields([...fields]);
    },
    lease: (jobId, lease) => worker.lease(jobId, lease),
    untrackLease: (jobId, lease) => worker.untrackLease(jobId, lease),
    pause: () => worker.pause(true),
    resume: () => worker.resume(),
    isPaused: () => worker.isPaused(),
    close,
  };
  return open;
}

/**
 * Whether BullMQ has rejected a command because the job does not exist, is not locked or is not in the expected state: it marks
 * such errors with a negative code.
 */
export function isRejectedByBullmq(thrown: unknown): boolean {
  const code = isError(thrown) ? readProperty(thrown, "code") : undefined;
  return typeof code === "number" && code < 0;
}
