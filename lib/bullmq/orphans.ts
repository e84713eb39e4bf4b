/**
 * Jobs whose worker the replicas do not have any more. A replica that does not have a worker cannot know whether another one
 * does: so those that have it write that to the job, once a day while it is due and does not run, as during a pause.
 */
import type { Job } from "bullmq";
import { isSnapshotEntry, numberIn } from "../runtime/snapshot.js";
import { random } from "../timers/random.js";
import type { QueueSnapshot } from "./database.js";
import { isReserved } from "./job-progress.js";
import type { OpenQueue } from "./queue.js";
import { recordOf } from "./worker-record.js";

const day = 86_400_000;

/** How long, in ms, a job is kept that is due and whose worker no replica has, and how many are checked at a time. */
const purging = { after: 30 * day, checked: 5 };

type StoredJob = Pick<Job, "timestamp" | "progress" | "failedReason" | "data">;

/** When a replica last had the worker of a job, as far as the job tells; later if it is not due yet. On the database's clock. */
function lastNeed(job: StoredJob): number {
  const { progress, timestamp } = job;
  const seenAt = isSnapshotEntry(progress) ? numberIn(progress, "seenAt") : undefined;
  return Math.max(timestamp, recordOf(job).due, seenAt ?? 0);
}

/** Records that this replica has the worker of a job, which is not locked: at most once a day, and not while it is reserved. */
export async function claimOverdue(job: StoredJob & Pick<Job, "updateProgress">, now: number): Promise<void> {
  if (now - lastNeed(job) > day && !isReserved(job, now)) await job.updateProgress({ seenAt: Math.round(now) });
}

/**
 * Removes jobs that were due long ago and whose worker no replica has had since: some of them each time, at random. Returns their
 * ids.
 * @param isNeeded whether to keep a job, by its id
 */
export async function purgeOrphans(
  queue: Pick<OpenQueue, "read" | "remove">,
  { jobs, now }: Pick<QueueSnapshot, "jobs" | "now">,
  isNeeded: (jobId: string) => boolean,
): Promise<string[]> {
  const orphans = [...jobs.keys()].filter((id) => !isNeeded(id));
  const first = Math.floor(random() * orphans.length);
  const purged: string[] = [];
  for (const id of orphans.slice(first, first + purging.checked)) {
    const job = await queue.read(id);
    // One that is locked runs.
    if (job !== undefined && now - lastNeed(job) > purging.after && (await queue.remove(id))) purged.push(id);
  }
  return purged;
}
