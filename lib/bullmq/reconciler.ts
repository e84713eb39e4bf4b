import type { Job } from "bullmq";
import type { Participant, RemoteState } from "../distributed/engine.js";
import { parseHolder } from "../distributed/holder.js";
import { listNames } from "../errors/list-names.js";
import type { JobState, JobSummary, QueueSnapshot } from "./database.js";
import { publishedStatus, type RunRequests } from "./job-progress.js";
import type { LateWorkers } from "./late-workers.js";
import type { Namesakes } from "./namesakes.js";
import { claimOverdue, purgeOrphans } from "./orphans.js";
import { isRejectedByBullmq, type NewJob, type OpenQueue } from "./queue.js";
import type { SharedCommands } from "./shared-commands.js";
import { initialRecord, jobIdOf, recordOf, type WorkerRecord, workerOf } from "./worker-record.js";

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
  readonly late: LateWorkers;
  readonly namesakes: Namesakes;
  readonly commands: SharedCommands;
  /** The name of this process. */
  readonly replica: string;
  /** Ends the lease of a worker, if it was taken before a time on the database's clock: its lock is gone. `cause` is a clause. */
  readonly loseLease: (worker: string, before: number, cause: string) => void;
  /**
   * Called with what was wrong in the database and has been corrected: a clause.
   * @param worker undefined if it concerned all
   */
  readonly onRepaired: (what: string, worker?: string) => void;
}

/**
 * Compares the queue in the database with the workers of this process and corrects it:
 *
 * - ends a pause or a limit of the queue, which only something else than this library can have set;
 * - adds missing jobs, also after the database has lost its data, and replaces jobs that are damaged;
 * - revives jobs that have failed, and completed ones for a replica that starts their worker anew;
 * - removes jobs that were due long ago and whose worker no replica has had since;
 * - promotes jobs whose run was requested, that are late, or that are delayed for longer than the worker's declaration says.
 *
 * Passes what it reads on to the workers.
 */
export class Reconciler {
  /** The last known record of each worker, in case the database loses it; those that were read longest ago come first. */
  readonly #known = new Map<string, WorkerRecord>();
  /** Workers that were running when they were last read, or were promoted then: their jobs have changed since. */
  #changing = new Set<string>();
  /** Workers whose jobs seemed to be damaged: they may only have changed while they were read. */
  #suspects = new Set<string>();

  /** The job of a worker is damaged: the next reconciliation replaces it. */
  suspect(worker: string): void {
    this.#suspects.add(worker);
  }

  async reconcile(options: ReconcileOptions): Promise<void> {
    const { queue, participants, late, commands } = options;
    await commands.write(queue);
    const snapshot = await queue.readAll();
    commands.read(snapshot, participants);
    // What the database has lost with its jobs, before they are added again.
    await commands.write(queue);
    await commands.settle(queue, snapshot);
    await repairQueue(options, snapshot);
    for (const name of this.#known.keys()) if (!participants.has(name)) this.#known.delete(name);
    const suspects = this.#suspects;
    this.#suspects = new Set();
    for (const name of participants.keys()) {
      const isLocked = snapshot.jobs.get(jobIdOf(name))?.state === "active";
      if (!isLocked) options.loseLease(name, snapshot.now, "the lock on its job is gone from the database");
    }
    await this.#addMissing(options, snapshot.jobs, suspects);
    late.update(snapshot, participants);

    const changing = new Set<string>();
    const reconcileWorker = async (name: string): Promise<void> => {
      const participant = participants.get(name);
      const summary = snapshot.jobs.get(jobIdOf(name));
      if (participant === undefined || summary === undefined) return;
      const job = await queue.read(jobIdOf(name));
      // Another replica may have replaced the job meanwhile.
      if (job?.name !== jobIdOf(name)) {
        if (suspects.has(name)) await this.#replace(options, name, job);
        else this.#suspects.add(name);
        return;
      }
      if (summary.state === "active" && job.processedBy !== options.replica)
        options.loseLease(name, snapshot.now, "another replica has locked its job");
      const wasPromoted = await this.#reconcileJob(options, participant, job, summary);
      if (wasPromoted || summary.state === "active") changing.add(name);
    };
    await Promise.all(this.#toRead(options, snapshot.jobs, suspects).map(reconcileWorker));
    this.#changing = changing;
    await purge(options, snapshot);
  }

  async #addMissing(options: ReconcileOptions, jobs: ReadonlyMap<string, JobSummary>, suspects: Set<string>): Promise<void> {
    const { queue, participants, lockDuration, onRepaired } = options;
    const unseen = [...participants.keys()].filter((name) => !jobs.has(jobIdOf(name)));
    const added = await Promise.all(
      unseen.map(async (name) => {
        const job = this.#known.has(name) || suspects.has(name) ? await queue.read(jobIdOf(name)) : undefined;
        if (job !== undefined) {
          // It exists, but in no list. Or it changed its state while the lists were read, if that is the first time.
          if (suspects.has(name)) await this.#replace(options, name, job);
          else this.#suspects.add(name);
          return [];
        }
        this.#suspects.add(name);
        if (!this.#known.has(name)) return { ...this.#jobOf(name), delay: 0 };
        onRepaired("its job was missing from the database; added again", name);
        // Another replica may be running the worker, without knowing yet that its lock is gone.
        return { ...this.#jobOf(name), delay: lockDuration };
      }),
    );
    const missing = added.flat();
    if (missing.length > 0) await queue.add(missing);
    for (const name of unseen) if (!this.#known.has(name)) this.#known.set(name, initialRecord);
  }

  /** Replaces a damaged job, unless a replica has locked it. */
  async #replace({ queue, lockDuration, onRepaired }: ReconcileOptions, name: string, job: Job | undefined): Promise<void> {
    // What is left of the job may be its record.
    if (job !== undefined && recordOf(job).snapshot !== undefined) this.#known.set(name, recordOf(job));
    if (!(await queue.remove(jobIdOf(name)))) return;
    await queue.add([{ ...this.#jobOf(name), delay: lockDuration }]);
    onRepaired("its job was damaged in the database; replaced", name);
  }

  /** All workers whose jobs have or may have changed; and of the others, those that were read longest ago. */
  #toRead(
    { participants, requests, late }: ReconcileOptions,
    jobs: ReadonlyMap<string, JobSummary>,
    suspects: ReadonlySet<string>,
  ): string[] {
    const urgent = [...participants.keys()].filter((name) => {
      const { state } = jobs.get(jobIdOf(name)) ?? {};
      const isWaiting = state === "delayed" || state === "waiting";
      const isWanted = requests.has(name) || suspects.has(name) || late.has(name);
      return !isWaiting || !this.#known.has(name) || this.#changing.has(name) || isWanted;
    });
    const count = Math.max(waitingJobs.least, Math.ceil(participants.size * waitingJobs.part));
    return [...new Set([...urgent, ...[...this.#known.keys()].slice(0, count)])];
  }

  #jobOf(name: string): Omit<NewJob, "delay"> {
    return { jobId: jobIdOf(name), record: this.#known.get(name) ?? initialRecord };
  }

  /** Returns whether the job was promoted or revived. */
  async #reconcileJob(
    options: ReconcileOptions,
    participant: Participant,
    job: Job,
    { state, until }: JobSummary,
  ): Promise<boolean> {
    const { queue, requests, late, namesakes, lockDuration, onRepaired } = options;
    const { name } = participant;
    const record = recordOf(job);
    namesakes.check(participant, record, queue.clock.now());
    const isNew = !this.#known.delete(name);
    this.#known.set(name, record);
    const isRequested = requests.has(name);
    const now = queue.clock.now();
    const isOverdue = isLate(participant, record, now);
    late.setOverdue(name, isOverdue ? now : undefined);
    // Only something else than this library delays a job for longer than its record says, but for one that was added again.
    const isDelayedFromOutside = until > Math.max(record.until, now + lockDuration) + lateTolerance;
    let wasPromoted = false;
    if (state === "failed") {
      wasPromoted = await succeeds(() => job.retry("failed"));
    } else if (state === "completed" && isNew) {
      // A worker that has completed starts again when it is started on a new replica.
      wasPromoted = await succeeds(() => job.remove());
      this.#known.set(name, initialRecord);
      if (wasPromoted) await queue.add([{ ...this.#jobOf(name), delay: 0 }]);
    } else if (
      state === "delayed" &&
      participant.isOpen &&
      (isRequested || late.has(name) || isOverdue || isDelayedFromOutside)
    ) {
      // During a deploy, a replica with the old declaration would delay it again.
      if (isRequested || isOverdue) await requests.write(job, now);
      wasPromoted = await succeeds(() => queue.promote(job));
      if (wasPromoted && isDelayedFromOutside) onRepaired("its job was delayed from outside; promoted", name);
    }
    if (state === "delayed" || state === "waiting") await claimOverdue(job, now);
    participant.update(remoteStateOf(job, state, record, isNew));
    return wasPromoted;
  }
}

/** Removes the jobs of workers that no replica has had for a long time, but for those that are paused. */
async function purge(options: ReconcileOptions, snapshot: QueueSnapshot): Promise<void> {
  const { queue, participants, commands, onRepaired } = options;
  const known = new Set([...participants.keys()].map(jobIdOf));
  const purged = await purgeOrphans(queue, snapshot, (id) => known.has(id) || commands.isPaused(id));
  for (const id of purged) await commands.forget(queue, id);
  const names = purged.map((id) => workerOf(id) ?? id);
  if (names.length > 0) onRepaired(`removed the jobs of workers that no replica has had for 30 days: ${listNames(names)}`);
}

/** Fields of the metadata that keep jobs from being fetched, and what each does. This library sets none of them. */
const obstacles = { paused: "was paused", concurrency: "was limited", max: "was limited", duration: "was limited" };

/** By how many ms the time of the last check for expired locks may seem to lie in the future. */
const checkTolerance = 1_000;

/** Removes what keeps all jobs from being fetched, or their expired locks from being detected. */
async function repairQueue({ queue, onRepaired }: ReconcileOptions, { meta, now }: QueueSnapshot): Promise<void> {
  const found = Object.entries(obstacles).filter(([field]) => field in meta);
  const [first] = found;
  if (first !== undefined) {
    if ("paused" in meta) await queue.endPause();
    await queue.removeMeta(found.map(([field]) => field));
    onRepaired(`the queue ${first[1]} from outside, so no distributed worker ran; resumed. Pause workers by their runner`);
  }
  // Postgres stores the time of the last check for expired locks. One in the future would prevent the next one.
  if (Number(meta["stalled-check"] ?? 0) > now + checkTolerance) await queue.removeMeta(["stalled-check"]);
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
