import type { Job } from "bullmq";
import type { Seat } from "../context/engine.js";
import { wait } from "../context/wait.js";
import type { BullLease } from "./bull-lease.js";
import type { TurnRecord } from "./turn-record.js";

/** When, in ms, the row of a worker is looked at during its turn. */
const looks = { first: 500, next: 5_000 };

/** A turn that goes on. */
interface ShownTurn {
  readonly seat: Seat;
  readonly job: Job;
  /** With which it began. */
  readonly record: TurnRecord;
  readonly lease: BullLease;
  readonly onTrouble: (thrown: unknown) => void;
}

/**
 * Shows the rest of the fleet the row of a worker whose turn is long, whenever it has changed. Resolves once the turn is over and
 * nothing more is written.
 */
export async function showRow({ seat, job, record, lease, onTrouble }: ShownTurn, over: AbortSignal): Promise<void> {
  let shown = "";
  for (let pause = looks.first; ; pause = looks.next) {
    await wait(pause, { signal: over });
    lease.check();
    if (over.aborted || lease.signal.aborted) return;
    const { status } = seat;
    const { health, failures, attempt, lastError, runs } = status ?? {};
    const row = JSON.stringify({ health, failures, attempt, lastError, runs });
    if (row === shown) continue;
    try {
      await job.updateData({ ...record, status });
      shown = row;
    } catch (thrown) {
      onTrouble(thrown);
    }
  }
}
