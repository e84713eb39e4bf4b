import { type IQueueBackend, type JobProgress, Worker } from "bullmq";
import { toError } from "../errors/thrown-value-error.js";
import { type BullLease, thisMoment } from "./bull-lease.js";

/** A worker of BullMQ's that tells the leases of its jobs how it stands with their locks. */
export class LeasedWorker<Options> extends Worker<unknown, unknown, string, IQueueBackend, JobProgress, Options> {
  readonly #leases = new Map<string, BullLease>();

  /** BullMQ begins it anew after a pause, and waits for nothing then: what it fails with is an error event, and never a rejection. */
  override async run(): Promise<void> {
    try {
      await super.run();
    } catch (thrown) {
      this.emit("error", toError(thrown, ""));
    }
  }

  lease(jobId: string, lease: BullLease): void {
    this.#leases.set(jobId, lease);
  }

  /** Unless somebody else has a later lease of the job. */
  release(jobId: string, lease: BullLease): void {
    if (this.#leases.get(jobId) === lease) this.#leases.delete(jobId);
  }

  /**
   * Renews no more locks, whether or not it has been closed: BullMQ never ends to close a worker whose blocking connection is just
   * being made anew, and its timer goes on with that.
   */
  async abandon(): Promise<void> {
    await this.lockManager.close();
  }

  override async extendJobLocks(jobIds: string[], tokens: string[], duration: number): Promise<string[]> {
    const asked = thisMoment();
    const held = new Map(this.#leases);
    const refused = await super.extendJobLocks(jobIds, tokens, duration);
    for (const jobId of jobIds) {
      const lease = held.get(jobId);
      // A job that was handed back meanwhile has no lock, and is right so.
      if (lease === undefined || this.#leases.get(jobId) !== lease) continue;
      if (refused.includes(jobId)) lease.lose("its lock has expired");
      else lease.renewed(asked);
    }
    return refused;
  }
}
