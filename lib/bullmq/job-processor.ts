import { DelayedError, type Job } from "bullmq";
import type { Checkpoint, Participant } from "../distributed/engine.js";
import { isInstanceOf } from "../errors/read-value.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { roundedUp } from "../timers/grid.js";
import { QueueTimer } from "../timers/queue-timer.js";
import { random } from "../timers/random.js";
import { BullmqLease, currentInstant } from "./bullmq-lease.js";
import { publishStatus, type RunRequests } from "./job-progress.js";
import type { Namesakes } from "./namesakes.js";
import { isRejectedByBullmq, type OpenQueue } from "./queue.js";
import { delay, settledBefore } from "./time-limit.js";
import { recordOf, type WorkerRecord, workerOf } from "./worker-record.js";

/**
 * How long, in ms, to leave a job to the other replicas if it cannot run here: a part of how late it already is, so that a
 * replica that can run it gets it soon, and the retries cost little if none can.
 */
const leaveToOthers = { part: 0.25, least: 20, most: 60_000 };

/** The same for a job whose worker this replica does not know: it may be new, or no replica may ever have it again. */
const leaveUnknown = { part: 1, least: 100, most: 3_600_000 };

/** How long, in ms, a continuous worker is left to the other replicas for each one that runs here. */
const spread = { perWorker: 50, most: 2_000 };

/**
 * Which part of its runs a replica offers to all others, if it runs other jobs as well: a worker then moves to one that runs
 * fewer. If it offered all, each run would cost statements on every replica.
 */
const offered = 1 / 8;

/** How long, in ms, until another attempt to hand a worker back. */
const handBackDelay = 200;

/** By how many ms the clock of the database may differ from what is known of it here. */
const clockTolerance = 1_000;

export interface JobProcessorOptions {
  readonly participants: ReadonlyMap<string, Participant>;
  readonly requests: RunRequests;
  /** In ms. */
  readonly lockDuration: number;
  readonly onError: (thrown: unknown) => void;
  readonly namesakes: Namesakes;
  /** The name of this process. */
  readonly replica: string;
  /** Called with a worker of this replica whose job has lost its data, and is handed back. */
  readonly onDamaged: (worker: string) => void;
  /** Called when another replica has reserved a job that was fetched: it may have paused the worker. */
  readonly onReserved: () => void;
  /** Returns the queue that is open now, if any: the queue that a job came from may have been closed meanwhile. */
  readonly openQueue: () => OpenQueue | undefined;
}

/** A job that this replica has locked, and the queue that it came from. */
interface FetchedJob {
  readonly job: Job;
  readonly token: string;
  readonly queue: OpenQueue;
}

/**
 * Runs workers on this replica: from the job that BullMQ hands out to the job that is handed back.
 *
 * **Which replica runs a worker.** Each worker is one job. When the job is due, BullMQ locks it for whichever connected replica
 * asks first, and {@link process} decides there: it runs the worker if that is open (not paused, stopping or running) and no
 * other replica has requested the run ({@link RunRequests}), and otherwise delays the job, which leaves it to the others. So at
 * most one replica, the one with the lock, runs a worker; a job that cannot run anywhere is retried ever more rarely.
 */
export class JobProcessor {
  readonly #options: JobProcessorOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #leases = new Map<string, BullmqLease>();
  readonly #wakeUps = new Map<string, QueueTimer>();

  constructor(options: JobProcessorOptions) {
    this.#options = options;
  }

  /**
   * The processor function for BullMQ. It never fails a job, as the worker's own chain has decided what to do after a failure.
   * @throws DelayedError unless the worker has completed: the job is delayed, or another replica gets it when its lock expires
   */
  readonly process = async (job: Job, token: string, queue: OpenQueue): Promise<void> => {
    // The name is a part of the data that a job may have lost.
    const worker = workerOf(job.id ?? "") ?? "";
    const participant = this.#options.participants.get(worker);
    const record = recordOf(job);
    if (job.name !== job.id) {
      await this.#leaveToOthers({ job, token, queue }, record).finally(() => this.#options.onDamaged(worker));
      return;
    }
    // The database has lost the job and its lock, and another replica has added the job again. BullMQ will not renew the lock of
    // the run here, as it keeps one lock for each id.
    this.#leases.get(worker)?.lose("its job was handed out again");
    if (participant !== undefined) this.#options.namesakes.check(participant, record, queue.clock.now());
    const isReserved = this.#options.requests.isForOthers(job, queue.clock.now());
    if (isReserved) this.#options.onReserved();
    if (participant?.isOpen !== true || isReserved) {
      await this.#leaveToOthers({ job, token, queue }, record);
      return;
    }
    const patience = this.#patienceWith(participant, job, record, queue.clock.now());
    if (patience > 0 && !this.#options.requests.has(worker)) {
      await this.#leaveToOthers({ job, token, queue }, record, patience);
      return;
    }
    const run = this.#run(participant, { job, token, queue }, record);
    const ended = run.then(
      () => {},
      () => {},
    );
    this.#running.set(worker, ended);
    try {
      await run;
    } catch (thrown) {
      if (isInstanceOf(thrown, DelayedError)) throw thrown;
      this.#options.onError(thrown);
      // Any other error would fail the job and overwrite its record. Instead its lock expires, and another replica gets it.
      throw new DelayedError();
    } finally {
      if (this.#running.get(worker) === ended) this.#running.delete(worker);
    }
  };

  /**
   * For how many ms more to leave a continuous worker to the other replicas: the longer, the more of these this replica runs. So
   * workers that are due together are spread over the replicas that start at about the same time.
   */
  #patienceWith({ isContinuous }: Participant, job: Job, record: WorkerRecord, now: number): number {
    if (!isContinuous) return 0;
    const held = [...this.#running.keys()].filter((name) => this.#options.participants.get(name)?.isContinuous === true).length;
    return Math.min(held * spread.perWorker, spread.most) - Math.max(0, now - dueOf(job, record, now));
  }

  /** @param patience for how long to leave it, in ms; otherwise for a part of its lateness */
  async #leaveToOthers({ job, token, queue }: FetchedJob, record: WorkerRecord, patience?: number): Promise<void> {
    const participant = this.#options.participants.get(workerOf(job.id ?? "") ?? "");
    const { part, least, most } = participant === undefined ? leaveUnknown : leaveToOthers;
    const now = queue.clock.now();
    const due = dueOf(job, record, now);
    // A replica that is paused does not fetch the job again.
    const soonest = queue.isPaused() ? 0 : least;
    // At random, so that jobs that were due together are not due together again.
    const late = (now - due) * part * (0.75 + random() / 2);
    const time = patience === undefined ? Math.min(late, most) : patience * random();
    const until = Math.ceil(now + Math.max(time, soonest));
    try {
      // A replica that stops is paused.
      const isForAll = patience !== undefined || participant?.isStopping === true || queue.isPaused();
      await queue.handBack(job.id ?? "", token, until, { ...record, due, until }, isForAll);
    } catch (thrown) {
      this.#options.onError(thrown);
    }
    // Also if the hand-back failed: then the lock expires, and another replica gets the job.
    throw new DelayedError();
  }

  async #run(participant: Participant, fetched: FetchedJob, record: WorkerRecord): Promise<void> {
    const { job, queue } = fetched;
    const { id = "" } = job;
    const now = currentInstant();
    // BullMQ records when it sent the request for the job.
    const lockedAt = { ...now, wall: Math.min(job.processedOn ?? now.wall, now.wall) };
    const lease = new BullmqLease(participant.name, record, {
      lockDuration: this.#options.lockDuration,
      lockedAt,
      fence: fenceOf(job),
      clock: queue.clock,
    });
    lease.check();
    // The answer came so late that another replica may have the job already.
    if (lease.signal.aborted) throw new DelayedError();
    this.#options.requests.delete(participant.name);
    queue.lease(id, lease);
    this.#leases.set(participant.name, lease);
    const ended = new AbortController();
    const published = publishStatus({ participant, job, lease, onError: this.#options.onError }, ended.signal);
    try {
      const checkpoint = await participant.run(lease);
      // Once it is handed back, it may be handed out again before this is known here.
      if (this.#leases.get(participant.name) === lease) this.#leases.delete(participant.name);
      ended.abort();
      await published;
      await this.#handBack(participant, fetched, lease, checkpoint);
    } finally {
      lease.end();
      queue.untrackLease(id, lease);
      if (this.#leases.get(participant.name) === lease) this.#leases.delete(participant.name);
    }
  }

  /** @throws DelayedError unless BullMQ is to complete the job */
  async #handBack(participant: Participant, fetched: FetchedJob, lease: BullmqLease, checkpoint: Checkpoint): Promise<void> {
    while (!lease.signal.aborted) {
      try {
        const storing = this.#store(participant, fetched, checkpoint);
        // A connection that is cut brings neither an answer nor an error. A late attempt is rejected, as the lock has expired
        // by then.
        if (await settledBefore(lease.signal, storing)) return await storing;
      } catch (thrown) {
        if (isInstanceOf(thrown, DelayedError)) throw thrown;
        if (isRejectedByBullmq(thrown)) lease.lose("its job is no longer locked by this replica");
        this.#options.onError(thrown);
        await delay(handBackDelay, lease.signal);
      }
    }
    const { reason: err }: { readonly reason: unknown } = lease.signal;
    new WorkerLogger(participant.logger, participant.name).error({ err }, "lost its lease, another replica may run it again");
    // The job belongs to another replica now.
    throw new DelayedError();
  }

  async #store(participant: Participant, fetched: FetchedJob, checkpoint: Checkpoint): Promise<void> {
    const { job, token } = fetched;
    const { due: exact, snapshot, phase, status } = checkpoint;
    // A request that cannot be cleared expires within seconds.
    await this.#options.requests.clear(job).catch(this.#options.onError);
    const queue = this.#options.openQueue() ?? fetched.queue;
    // The worker has completed: to return completes its job.
    if (exact === null) return;
    // Never early, and Postgres takes integers only.
    const due = roundedUp(exact);
    const origin = this.#options.namesakes.originOf(participant);
    const record: WorkerRecord = { snapshot, phase, status, due, until: due, origin, replica: this.#options.replica };
    const isOffered = this.#running.size > 1 && random() < offered;
    await queue.handBack(job.id ?? "", token, due, record, participant.isStopping || isOffered);
    if (queue.isCoarse && due > queue.clock.now()) this.#wakeUpAt(due, participant.name, job, queue);
    throw new DelayedError();
  }

  /** Promotes a job when it is due, as BullMQ may do it later: on the replica that ran it last. */
  #wakeUpAt(due: number, worker: string, job: Job, queue: OpenQueue): void {
    this.#wakeUps.get(worker)?.cancel();
    const promote = async (): Promise<void> => {
      this.#wakeUps.delete(worker);
      try {
        const current = await queue.read(job.id ?? "");
        // The worker may have run again meanwhile.
        if (current !== undefined && recordOf(current).due === due) await queue.promote(current);
      } catch (thrown) {
        // BullMQ was faster.
        if (!isRejectedByBullmq(thrown)) this.#options.onError(thrown);
      }
    };
    const timer = new QueueTimer(() => void promote());
    timer.sleep(Math.max(0, due - queue.clock.now()));
    this.#wakeUps.set(worker, timer);
  }

  /** Whether any worker runs here, also if its lease is lost. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /**
   * Ends a lease that was taken before some time on the database's clock.
   * @param cause a clause for the error message
   */
  loseLease(worker: string, before: number, cause: string): void {
    const lease = this.#leases.get(worker);
    if (lease !== undefined && lease.takenAt < before - clockTolerance) lease.lose(cause);
  }

  /**
   * Resolves once the run of a worker, which is leaving, has ended and its job is handed back; at once if it does not run here.
   */
  async handedBack(worker: string): Promise<void> {
    await this.#running.get(worker);
    this.#wakeUps.get(worker)?.cancel();
    this.#wakeUps.delete(worker);
  }
}

/** When a worker is due; one that has never run, since its job was added. */
function dueOf({ timestamp }: Job, { due }: WorkerRecord, now: number): number {
  return due > 0 ? due : timestamp > 0 ? timestamp : now;
}

/**
 * Grows with each lock of the job, as BullMQ counts them. If the database loses the job, the next one is later than all of its
 * locks, as these are at least 1 ms apart.
 */
function fenceOf({ timestamp, attemptsStarted }: Job): number {
  return timestamp + attemptsStarted;
}
