import type { Job } from "bullmq";
import type { Participant, RemoteState } from "../distributed/engine.js";
import { parseHolder } from "../distributed/holder.js";
import { onAbort } from "../runtime/on-abort.js";
import type { JobState, JobSummary } from "./database.js";
import { publishedStatus, type RunRequests } from "./job-progress.js";
import { isRejectedByBullmq, type OpenQueue } from "./queue.js";
import { delay } from "./time-limit.js";
import { initialRecord, jobIdOf, recordOf, type WorkerRecord } from "./worker-record.js";

/** By how many ms a job must be delayed too long before it is promoted. */
const lateTolerance = 1_000;

/**
 * Each reconciliation reads this part of the jobs that only wait, and at least so many: at one in five seconds, all of them
 * once a minute.
 */
const waitingJobs = { part: 1 / 12, least: 50 };

export interface ReconcileOptions {
  readonly queue: OpenQueue;
  readonly participants: ReadonlyMap<string, Participant>;
  readonly requests: RunRequests;
  /** In ms. */
  readonly lockDuration: number;
  /** Called with each worker whose job was in the database and is no longer. */
  readonly onJobMissing: (worker: string) => void;
}

/**
 * Compares the jobs in the database with the workers of this process and corrects them: adds missing jobs, also after the
 * database has lost its data, revives jobs that have failed, and promotes jobs whose run was requested or that are delayed for
 * too long, as after a deploy that has shortened an interval. Passes what it reads on to the workers.
 */
export class Reconciler {
  /** The last known record of each worker, in case the database loses it; those that were read longest ago come first. */
  readonly #known = new Map<string, WorkerRecord>();
  /** Workers that were running when they were last read, or were promoted then: their jobs have changed since. */
  #changing = new Set<string>();

  async reconcile(options: ReconcileOptions): Promise<void> {
    const { queue, participants, requests } = options;
    const { jobs: states } = await queue.readAll();
    for (const name of this.#known.keys()) if (!participants.has(name)) this.#known.delete(name);
    await this.#addMissing(options, states);

    const changing = new Set<string>();
    const reconcileWorker = async (name: string): Promise<void> => {
      const participant = participants.get(name);
      const state = states.get(jobIdOf(name));
      const job = participant && state && (await queue.read(jobIdOf(name)));
      if (participant === undefined || state === undefined || job === undefined) return;
      const wasPromoted = await this.#reconcileJob(queue, participant, job, state.state, requests);
      if (wasPromoted || state.state === "active") changing.add(name);
    };
    await Promise.all(this.#toRead(participants, states, requests).map(reconcileWorker));
    this.#changing = changing;
  }

  async #addMissing(
    { queue, participants, lockDuration, onJobMissing }: ReconcileOptions,
    states: ReadonlyMap<string, JobSummary>,
  ): Promise<void> {
    const unseen = [...participants.keys()].filter((name) => !states.has(jobIdOf(name)));
    const added = await Promise.all(
      unseen.map(async (name) => {
        if (!this.#known.has(name)) return { ...this.#jobOf(name), delay: 0 };
        // The job may have changed its state while the states were read.
        if ((await queue.read(jobIdOf(name))) !== undefined) return [];
        onJobMissing(name);
        // Another replica may be running the worker, without knowing yet that its lock is gone.
        return { ...this.#jobOf(name), delay: lockDuration };
      }),
    );
    const jobs = added.flat();
    if (jobs.length > 0) await queue.add(jobs);
    for (const name of unseen) if (!this.#known.has(name)) this.#known.set(name, initialRecord);
  }

  /** All workers whose jobs have or may have changed; and of the others, those that were read longest ago. */
  #toRead(
    participants: ReadonlyMap<string, Participant>,
    states: ReadonlyMap<string, JobSummary>,
    requests: RunRequests,
  ): string[] {
    const urgent = [...participants.keys()].filter((name) => {
      const { state } = states.get(jobIdOf(name)) ?? {};
      const isWaiting = state === "delayed" || state === "waiting";
      return !isWaiting || !this.#known.has(name) || this.#changing.has(name) || requests.has(name);
    });
    const count = Math.max(waitingJobs.least, Math.ceil(participants.size * waitingJobs.part));
    return [...new Set([...urgent, ...[...this.#known.keys()].slice(0, count)])];
  }

  #jobOf(name: string): { readonly name: string; readonly jobId: string; readonly data: WorkerRecord } {
    return { name, jobId: jobIdOf(name), data: this.#known.get(name) ?? initialRecord };
  }

  /** Returns whether the job was promoted or revived. */
  async #reconcileJob(
    queue: OpenQueue,
    participant: Participant,
    job: Job,
    state: JobState,
    requests: RunRequests,
  ): Promise<boolean> {
    const { name } = participant;
    const record = recordOf(job);
    const isNew = !this.#known.delete(name);
    this.#known.set(name, record);
    const isRequested = requests.has(name);
    let wasPromoted = false;
    if (state === "failed") {
      wasPromoted = await succeeds(() => job.retry("failed"));
    } else if (state === "completed" && isNew) {
      // A worker that has completed starts again when it is started on a new replica.
      wasPromoted = await succeeds(() => job.remove());
      this.#known.set(name, initialRecord);
      if (wasPromoted) await queue.add([{ ...this.#jobOf(name), delay: 0 }]);
    } else if (state === "delayed" && participant.isOpen && (isRequested || isLate(participant, record, queue.clock.now()))) {
      if (isRequested) await requests.write(job, queue.clock.now());
      wasPromoted = await succeeds(() => job.promote());
    }
    participant.update(remoteStateOf(job, state, record, isNew));
    return wasPromoted;
  }
}

/** Whether a job is delayed for longer than the worker, as it is declared on this replica, should wait. */
function isLate(participant: Participant, record: WorkerRecord, now: number): boolean {
  return participant.latestDue(record, now) + lateTolerance < record.until;
}

function remoteStateOf(job: Job, state: JobState, { phase, snapshot, status, until }: WorkerRecord, isNew: boolean): RemoteState {
  return {
    phase: state === "active" ? "running" : phase,
    snapshot,
    status: state === "active" ? publishedStatus(job, status) : status,
    holder: parseHolder(job.processedBy),
    nextDue: state === "delayed" ? until : null,
    isCompleted: state === "completed" && !isNew,
  };
}

/** Whether BullMQ accepted a change: another replica may have been faster, which the next reconciliation finds out. */
async function succeeds(change: () => Promise<void>): Promise<boolean> {
  try {
    await change();
    return true;
  } catch (thrown) {
    if (!isRejectedByBullmq(thrown)) throw thrown;
    return false;
  }
}

/**
 * The time between two reconciliations, in ms: `perWorker` for each, at least `least`; less after an error or while a run is
 * requested.
 */
const intervals = { least: 5_000, perWorker: 5, requested: 250, error: 1_000 };

interface IntervalConditions {
  readonly workers: number;
  readonly hasRequests: boolean;
  readonly isAway: boolean;
}

/** Decides when the next reconciliation begins. */
export class ReconcileInterval {
  #pause = new AbortController();
  #isSkipped = false;
  #hadError = false;

  /** Whether there was an error since the last reconciliation began. */
  get hadError(): boolean {
    return this.#hadError;
  }

  /** A reconciliation begins: what is asked for from now on is for the one after it. */
  reconciling(): void {
    this.#isSkipped = false;
    this.#hadError = false;
  }

  /** Asks for the next reconciliation as soon as possible. */
  skip(): void {
    this.#isSkipped = true;
    this.#pause.abort();
  }

  /** @param isAway whether the database was already known not to answer: then the interval is not cut short */
  onError(isAway: boolean): void {
    this.#hadError = true;
    if (!isAway) this.#pause.abort();
  }

  /** Resolves when the next reconciliation is due, or when the signal aborts. */
  async next({ workers, hasRequests, isAway }: IntervalConditions, signal: AbortSignal): Promise<void> {
    if (this.#isSkipped || signal.aborted) return;
    const usual = this.#hadError || isAway ? intervals.error : Math.max(intervals.least, workers * intervals.perWorker);
    this.#pause = new AbortController();
    const stopWatching = onAbort(signal, this.#pause);
    await delay(hasRequests ? intervals.requested : usual, this.#pause.signal);
    stopWatching();
  }
}
