import type { Job } from "bullmq";
import type { Participant } from "../distributed/engine.js";
import { isSnapshotEntry } from "../runtime/snapshot.js";
import type { WorkerStatus } from "../runtime/worker-status.js";
import type { BullmqLease } from "./bullmq-lease.js";
import { pause } from "./time-limit.js";
import { isStatus } from "./worker-record.js";

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
    await pause(ms, ended);
    lease.check();
    if (ended.aborted || lease.signal.aborted) return;
    const { status } = participant;
    const { health, failures, attempt, lastError, runs } = status ?? {};
    const current = JSON.stringify({ health, failures, attempt, lastError, runs });
    if (current === published) continue;
    try {
      // As the job's progress, apart from its record: a late write cannot overwrite that.
      await job.updateProgress({ status });
      published = current;
    } catch (thrown) {
      onError(thrown);
    }
  }
}

/** The status that was published of a job that is running, if it is later than the stored one. */
export function publishedStatus({ progress }: Job, stored: WorkerStatus | undefined): WorkerStatus | undefined {
  const published = isSnapshotEntry(progress) ? progress.status : undefined;
  return isStatus(published) && published.runs >= (stored?.runs ?? 0) ? published : stored;
}
