import { type IQueueBackend, type Job, Queue } from "bullmq";
import type { BullLease } from "./bull-lease.js";
import type { Database } from "./database.js";
import { LeasedWorker } from "./leased-worker.js";
import { settledWithin } from "./within.js";

/** How a fleet uses its queue. */
export interface OpenTerms {
  readonly namespace: string;
  /** Of this process, as others are shown it. */
  readonly replica: string;
  /** In ms. */
  readonly lockDuration: number;
  readonly stalledInterval: number;
  /** Told of each job that is given, and by which queue: that one takes it back, also while it closes. */
  readonly process: (job: Job, token: string, queue: OpenQueue) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** Told of jobs whose holder has let its lock run out. */
  readonly onStalled: (jobId: string) => void;
}

/** All states that a job of a fleet can be in. */
const states = ["active", "delayed", "waiting", "failed", "completed"] as const;

export type JobState = (typeof states)[number];

/** The one queue of a fleet, as this process has it open: to look at, and to be given jobs of. */
export interface OpenQueue {
  /** Whether jobs may be given some 100 ms after they are due: Redis looks ten times a second whose wait is over. */
  readonly isCoarse: boolean;
  /** Resolves once all of it is connected. */
  ready(): Promise<void>;
  /** How many jobs may be had at once. */
  setConcurrency(count: number): void;
  /** Adds jobs that are not there. `delay` is in ms. */
  add(
    jobs: readonly { readonly name: string; readonly jobId: string; readonly data: unknown; readonly delay: number }[],
  ): Promise<void>;
  /**
   * Gives a job back until a time, in ms since the epoch, with what is to be known of it: both at once, and only if it is locked by
   * the token, so that nobody writes who has lost it.
   */
  giveBack(jobId: string, token: string, until: number, record: unknown): Promise<void>;
  /** The ids of all jobs that there are, and the state of each. */
  states(): Promise<Map<string, JobState>>;
  read(jobId: string): Promise<Job | undefined>;
  lease(jobId: string, lease: BullLease): void;
  release(jobId: string, lease: BullLease): void;
  /** Takes no further job, until {@link resume}. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  isPaused(): boolean;
  /**
   * Settles within some seconds, whether or not the database can be reached.
   * @param isAway it is known that it cannot
   */
  close(isAway: boolean): Promise<void>;
}

/** How long, in ms, one waits for a clean end of a connection. */
const patience = { usual: 3_000, away: 500 };

/** What BullMQ keeps in Redis begins with this, so that it is apart from other queues. */
const prefix = "watchbill";

/** Opens the queue, and begins to connect. */
export function openQueue<Options>(database: Database<Options>, terms: OpenTerms): OpenQueue {
  const { connection, create, isCoarse } = database;
  const { namespace, replica, lockDuration, stalledInterval, process, onError, onStalled } = terms;
  const queue = new Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend, Options>(
    namespace,
    { connection, prefix, streams: { events: { maxLen: 100 } } },
    create,
  );
  /** The jobs that this process has of the queue. */
  const underWay = new Set<Promise<void>>();
  const worker = new LeasedWorker<Options>(
    namespace,
    (job, token = "") => {
      const processed = process(job, token, open);
      const over = processed.then(
        () => {},
        () => {},
      );
      underWay.add(over);
      void over.then(() => underWay.delete(over));
      return processed;
    },
    {
      connection,
      prefix,
      name: replica,
      lockDuration,
      // Twice BullMQ's own pace: an outage that begins just before a renewal is to be short of the lock all the same.
      lockRenewTime: lockDuration / 4,
      stalledInterval,
      // A job here is for ever: it has been taken over any number of times.
      maxStalledCount: 1_000_000_000,
      // In s. Over Redis, one who is frozen may be given the wake-up, and the others look again after that.
      drainDelay: Math.max(1, stalledInterval / 1_000),
      runRetryDelay: 1_000,
      autorun: false,
    },
    create,
  );
  queue.on("error", onError);
  worker.on("error", onError);
  worker.on("stalled", onStalled);
  const connected = Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  // Told to whoever asks whether it is ready; nobody may.
  connected.catch(() => {});

  async function close(isAway: boolean): Promise<void> {
    const ms = isAway ? patience.away : patience.usual;
    // What is closed while it connects goes on with that, and leaves a connection open.
    await settledWithin(ms, connected);
    const closed = Promise.allSettled([worker.close(isAway), queue.close()]);
    if (!(await settledWithin(ms, closed))) await settledWithin(ms, Promise.all(underWay));
    // Also when all was closed in order: a connection that was reset meanwhile may be on its way back.
    await settledWithin(patience.away, Promise.allSettled([worker.abandon(), database.end()]));
  }

  const open: OpenQueue = {
    isCoarse,
    async ready() {
      await connected;
      void worker.run();
    },
    setConcurrency(count) {
      worker.concurrency = count;
    },
    async add(jobs) {
      await queue.addBulk(
        jobs.map(({ name, data, jobId, delay }) => ({ name, data, opts: { jobId, delay, attempts: 1, keepLogs: 0 } })),
      );
    },
    async giveBack(jobId, token, until, record) {
      const now = Date.now();
      // Of what is written together with the move, and under the lock, this is the one text that both databases have.
      const fieldsToUpdate = { failedReason: JSON.stringify(record) };
      const delay = Math.max(0, until - now);
      // The worker's connection outlives its jobs when all is closed, and the queue's does not.
      await worker.getBackend().moveToDelayed(jobId, now, delay, token, { skipAttempt: true, fieldsToUpdate });
    },
    async states() {
      const found = await Promise.all(
        states.map(async (state) => (await queue.getRanges([state], 0, -1)).map((jobId) => [jobId, state] as const)),
      );
      return new Map(found.flat());
    },
    read: (jobId) => queue.getJob(jobId),
    lease: (jobId, lease) => worker.lease(jobId, lease),
    release: (jobId, lease) => worker.release(jobId, lease),
    pause: () => worker.pause(true),
    resume: () => worker.resume(),
    isPaused: () => worker.isPaused(),
    close,
  };
  return open;
}
