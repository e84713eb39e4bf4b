import { randomUUID } from "node:crypto";
import type { Job } from "bullmq";
import { isSnapshotEntry, numberIn } from "../runtime/snapshot.js";

/** How long, in ms, the other replicas leave a job to the replica that requested its run. */
const reservedFor = 5_000;

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

  /** Reserves a job for this replica for a few seconds. */
  async write(job: Job): Promise<void> {
    await job.updateProgress({ requestedBy: this.#requester, at: Date.now() });
  }

  /** Removes the request from a job, if it has one. */
  async clear(job: Job): Promise<void> {
    if (isRequest(job.progress)) await job.updateProgress(0);
  }

  /** Whether another replica has reserved the job. */
  isForOthers({ progress }: Job): boolean {
    if (!isRequest(progress)) return false;
    return progress.requestedBy !== this.#requester && Date.now() - (numberIn(progress, "at") ?? 0) < reservedFor;
  }
}

function isRequest(progress: unknown): progress is { readonly requestedBy: unknown; readonly at?: unknown } {
  return isSnapshotEntry(progress) && "requestedBy" in progress;
}
