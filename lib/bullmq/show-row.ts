import type { Job } from "bullmq";
import type { Participant } from "../distributed/engine.js";
import { isSnapshotEntry } from "../runtime/snapshot.js";
import type { WorkerStatus } from "../runtime/worker-status.js";
import type { BullLease } from "./bull-lease.js";
import { isStatus } from "./turn-record.js";
import { pause } from "./within.js";

/** When, in ms, the row of a worker is looked at during its turn. */
const looks = { first: 500, next: 5_000 };

/** A turn that goes on. */
interface ShownTurn {
  readonly seat: Participant;
  readonly job: Job;
  readonly lease: BullLease;
  readonly onTrouble: (thrown: unknown) => void;
}

/**
 * Shows the rest of the fleet the row of a worker whose turn is long, whenever it has changed. Resolves once the turn is over and
 * nothing more is written.
 */
export async function showRow({ seat, job, lease, onTrouble }: ShownTurn, over: AbortSignal): Promise<void> {
  let shown = "";
  for (let ms = looks.first; ; ms = looks.next) {
    await pause(ms, over);
    lease.check();
    if (over.aborted || lease.signal.aborted) return;
    const { status } = seat;
    const { health, failures, attempt, lastError, runs } = status ?? {};
    const row = JSON.stringify({ health, failures, attempt, lastError, runs });
    if (row === shown) continue;
    try {
      // Beside what the job carries: one who writes late is not to overwrite that.
      await job.updateProgress({ row: status });
      shown = row;
    } catch (thrown) {
      onTrouble(thrown);
    }
  }
}

/** What was shown of a job that somebody has, if that is later than what was known before. */
export function shownRow({ progress }: Job, before: WorkerStatus | undefined): WorkerStatus | undefined {
  const row = isSnapshotEntry(progress) ? progress.row : undefined;
  return isStatus(row) && row.runs >= (before?.runs ?? 0) ? row : before;
}
