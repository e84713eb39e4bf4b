import { randomUUID } from "node:crypto";
import type { Job } from "bullmq";
import { isSnapshotEntry, numberIn } from "../runtime/snapshot.js";

/** How long, in ms, a job is kept for whoever has asked for it. */
const keptFor = 5_000;

/** Asks for jobs by name: written on them as their progress, which nothing else is. */
export class Wishes {
  readonly #wanted = new Set<string>();
  readonly #who = randomUUID();

  get areOpen(): boolean {
    return this.#wanted.size > 0;
  }

  add(worker: string): void {
    this.#wanted.add(worker);
  }

  has(worker: string): boolean {
    return this.#wanted.has(worker);
  }

  /** The worker is here, or is not to be here any more. */
  delete(worker: string): void {
    this.#wanted.delete(worker);
  }

  /** Has others leave the job to us for a while. */
  async write(job: Job): Promise<void> {
    await job.updateProgress({ wantedBy: this.#who, at: Date.now() });
  }

  async erase(job: Job): Promise<void> {
    if (isWish(job.progress)) await job.updateProgress(0);
  }

  /** Whether somebody else has asked for the job. */
  isForOthers({ progress }: Job): boolean {
    if (!isWish(progress)) return false;
    return progress.wantedBy !== this.#who && Date.now() - (numberIn(progress, "at") ?? 0) < keptFor;
  }
}

function isWish(progress: unknown): progress is { readonly wantedBy: unknown; readonly at?: unknown } {
  return isSnapshotEntry(progress) && "wantedBy" in progress;
}
