import type { Participant } from "../distributed/engine.js";
import { isSnapshotEntry, numberIn } from "../runtime/snapshot.js";
import type { Pause } from "../runtime/worker-status.js";
import type { QueueSnapshot } from "./database.js";
import type { OpenQueue } from "./queue.js";
import { jobIdOf, parseJson } from "./worker-record.js";

/**
 * The pauses of distributed workers, which apply to all replicas and outlive them: in the metadata of the queue. Each replica
 * reads them with each reconciliation.
 */
export class SharedPauses {
  /** Pauses that were begun or ended here, and are not stored yet. */
  readonly #pending = new Map<string, Pause | null>();
  /** As they were read last. */
  #stored: ReadonlyMap<string, Pause> = new Map();

  /** A pause has begun or ended on this replica. */
  set(worker: string, pause: Pause | null): void {
    this.#pending.set(worker, pause);
  }

  /** Passes to a worker that has joined what is known already, so that it does not run once before the next reconciliation. */
  joined(participant: Participant): void {
    const pause = this.#stored.get(jobIdOf(participant.name));
    // A worker that was restarted has ended the pause just now.
    if (pause !== undefined && !this.#pending.has(participant.name)) participant.adoptPause(pause);
  }

  /** Passes what was read to the workers. */
  read({ meta, jobs }: QueueSnapshot, participants: ReadonlyMap<string, Participant>): void {
    const stored = new Map<string, Pause>();
    for (const [field, value] of Object.entries(meta)) {
      const pause = field.startsWith(prefix) ? parsePause(value) : undefined;
      if (pause !== undefined) stored.set(field.slice(prefix.length), pause);
    }
    for (const [name, participant] of participants) {
      const id = jobIdOf(name);
      const before = this.#stored.get(id);
      // A database that has lost the job has lost the pause as well.
      if (before !== undefined && !stored.has(id) && !jobs.has(id) && !this.#pending.has(name)) this.#pending.set(name, before);
      if (!this.#pending.has(name)) participant.adoptPause(stored.get(id) ?? null);
    }
    this.#stored = stored;
  }

  /** Stores what has changed here. */
  async write(queue: OpenQueue): Promise<void> {
    for (const [name, pause] of [...this.#pending]) {
      const field = `${prefix}${jobIdOf(name)}`;
      if (pause === null) await queue.removeMeta([field]);
      else await queue.setMeta({ [field]: JSON.stringify(pause) });
      // It may have changed again meanwhile.
      if (this.#pending.get(name) === pause) this.#pending.delete(name);
    }
  }

  /** The job of a worker was removed, as no replica has it: so is its pause. */
  async forget(queue: OpenQueue, jobId: string): Promise<void> {
    await queue.removeMeta([`${prefix}${jobId}`]);
  }
}

const prefix = "watchbill-pause-";

function parsePause(text: string): Pause | undefined {
  const value = parseJson(text);
  const since = isSnapshotEntry(value) ? numberIn(value, "since") : undefined;
  if (!isSnapshotEntry(value) || since === undefined) return undefined;
  const { by, reason } = value;
  return { since, by: typeof by === "string" ? by : null, reason: typeof reason === "string" ? reason : null };
}
