/**
 * The progress of a job, the one field of it that a replica can write without its lock: the request to run a worker that waits,
 * and the status of a worker that runs.
 */
import { randomUUID } from "node:crypto";
import type { Job } from "bullmq";
import type { Participant } from "../distributed/engine.js";
import { isSnapshotEntry, numberIn } from "../runtime/snapshot.js";
import type { WorkerStatus } from "../runtime/worker-status.js";
import type { BullmqLease } from "./bullmq-lease.js";
import { delay } from "./time-limit.js";
import { isStatus, unwrapJson, wrapJson } from "./worker-record.js";

/** How long, in ms, the other replicas leave a job to the replica that requested its run, or that has paused the worker. */
const reservedFor = { run: 5_000, pause: 60_000 };

/** Runs that this replica has requested, by a command for a worker. A request is written to the job, as its progress. */
export class RunRequests {
  readonly #requested = new Set<string>();
  readonly #requester = randomUUID();

  get areOpen(): boolean {
    return this.#requested.size > 0;
  }

  add(worker: string): void {
    this.#requested.add(worker);
  }

  has(worker: string): boolean {
    return this.#requested.has(worker);
  }

  /** Forgets a request: the worker runs here now, or leaves this replica. */
  delete(worker: string): void {
    this.#requested.delete(worker);
  }

  /**
   * Reserves a job for this replica: for its run here, or for the time until all replicas know that the worker is paused.
   * @param now on the database's clock, like {@link isForOthers}
   */
  async write(job: Job, now: number, purpose: keyof typeof reservedFor = "run"): Promise<void> {
    await job.updateProgress({ requestedBy: this.#requester, until: Math.round(now + reservedFor[purpose]) });
  }

  /** Removes the request from a job, if it has one. */
  async clear(job: Job): Promise<void> {
    if (isRequest(job.progress)) await job.updateProgress(0);
  }

  /** Whether another replica has reserved the job. */
  isForOthers(job: Job, now: number): boolean {
    return isReserved(job, now) && !this.isForThis(job);
  }

  /** Whether this replica has reserved the job, and nothing has overwritten that. */
  isForThis({ progress }: Job): boolean {
    return isRequest(progress) && progress.requestedBy === this.#requester;
  }
}

/** Whether a replica has reserved the job. */
export function isReserved({ progress }: Pick<Job, "progress">, now: number): boolean {
  if (!isRequest(progress)) return false;
  const left = (numberIn(progress, "until") ?? 0) - now;
  // More would be left only if the clock of the database was set back.
  return left > 0 && left <= reservedFor.pause;
}

function isRequest(progress: unknown): progress is { readonly requestedBy: unknown; readonly until?: unknown } {
  return isSnapshotEntry(progress) && "requestedBy" in progress;
}

/** After how many ms of a leased run the worker's status is published first, and how often after that, if it has changed. */
const publishEvery = { first: 500, next: 5_000 };

interface PublishOptions {
  readonly participant: Participant;
  readonly job: Job;
  readonly lease: BullmqLease;
  readonly onError: (thrown: unknown) => void;
}

/**
 * Publishes the status of a worker to the other replicas during a long leased run, whenever it has changed. Resolves once the
 * run has ended, or the lease is lost, and nothing more will be written.
 */
export async function publishStatus({ participant, job, lease, onError }: PublishOptions, ended: AbortSignal): Promise<void> {
  let published = "";
  for (let ms = publishEvery.first; ; ms = publishEvery.next) {
    await delay(ms, ended);
    lease.check();
    if (ended.aborted || lease.signal.aborted) return;
    const { status } = participant;
    const { health, failures, attempt, lastError, runs } = status ?? {};
    const current = JSON.stringify({ health, failures, attempt, lastError, runs });
    if (current === published) continue;
    try {
      // As the job's progress, apart from its record: a late write cannot overwrite that.
      await job.updateProgress(wrapJson("status", status ?? null));
      published = current;
    } catch (thrown) {
      onError(thrown);
    }
  }
}

/** The status that was published of a job that is running, if it is later than the stored one. */
export function publishedStatus({ progress }: Job, stored: WorkerStatus | undefined): WorkerStatus | undefined {
  const published = unwrapJson(progress, "status");
  return isStatus(published) && published.runs >= (stored?.runs ?? 0) ? published : stored;
}
