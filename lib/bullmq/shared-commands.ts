import type { Participant } from "../distributed/engine.js";
import { isSnapshotEntry, numberIn } from "../runtime/snapshot.js";
import type { Pause } from "../runtime/worker-status.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { QueueSnapshot } from "./database.js";
import type { RunRequests } from "./job-progress.js";
import type { OpenQueue } from "./queue.js";
import { jobIdOf, parseJson } from "./worker-record.js";

/** By how many ms a restart may seem to be in the future. */
const clockTolerance = 1_000;

type CommandQueue = Pick<OpenQueue, "read" | "setMeta" | "removeMeta" | "clock">;

/**
 * The commands that apply to a distributed worker on all replicas: its pause, which outlives them, and when it was restarted
 * last. They are in the metadata of the queue, which each replica reads with each reconciliation.
 */
export class SharedCommands {
  readonly #requests: RunRequests;
  /** Pauses that were begun or ended here, and are not stored yet. */
  readonly #newPauses = new Map<string, Pause | null>();
  /** When workers were restarted here, on the clock of the timer queue. Not stored yet. */
  readonly #newRestarts = new Map<string, number>();
  /** As they are stored, as far as is known, by the id of the job. */
  #pauses = new Map<string, Pause>();
  #restarts: ReadonlyMap<string, number> = new Map();
  /** Workers whose pause is to settle. */
  readonly #awaited = new Map<string, IdleWait>();

  constructor(requests: RunRequests) {
    this.#requests = requests;
  }

  /** Whether a pause is to settle. */
  get hasAwaitedPauses(): boolean {
    return this.#awaited.size > 0;
  }

  /** The workers with commands that are not stored yet. */
  get unstored(): string[] {
    return [...new Set([...this.#newPauses.keys(), ...this.#newRestarts.keys()])];
  }

  /** Stores with the next reconciliation that a pause has begun or ended on this replica. */
  setPause(worker: string, pause: Pause | null): void {
    this.#newPauses.set(worker, pause);
  }

  /** Stores with the next reconciliation that a worker is restarted now. */
  restart(worker: string): void {
    this.#newRestarts.set(worker, TimerQueue.current().now());
  }

  /** Resolves once a worker that is paused runs on no replica, and none will begin to; or when it leaves this replica. */
  whenIdle(worker: string): Promise<void> {
    const wait = this.#awaited.get(worker) ?? new IdleWait();
    this.#awaited.set(worker, wait);
    return wait.idle;
  }

  /** Ends the wait for a pause: it has settled or was resumed, or the worker leaves this replica. */
  left(worker: string): void {
    this.#awaited.get(worker)?.end();
    this.#awaited.delete(worker);
  }

  /** Passes to a worker that has joined what is known already, so that it does not run once before the next reconciliation. */
  joined(participant: Participant): void {
    const id = jobIdOf(participant.name);
    const pause = this.#pauses.get(id);
    // A worker that was restarted has ended the pause just now.
    if (pause !== undefined && !this.#newPauses.has(participant.name)) participant.adoptPause(pause);
    participant.adoptRestart(this.#restarts.get(id) ?? 0);
  }

  /** Passes what was read to the workers. */
  read({ meta, jobs, now }: QueueSnapshot, participants: ReadonlyMap<string, Participant>): void {
    const pauses = new Map<string, Pause>();
    const restarts = new Map<string, number>();
    for (const [field, value] of Object.entries(meta)) {
      const pause = field.startsWith(prefixes.pause) ? parsePause(value) : undefined;
      if (pause !== undefined) pauses.set(field.slice(prefixes.pause.length), pause);
      const at = field.startsWith(prefixes.restart) ? Number(value) : Number.NaN;
      // A later one was written before the clock of the database was set back.
      if (at < now + clockTolerance) restarts.set(field.slice(prefixes.restart.length), at);
    }
    for (const [name, participant] of participants) {
      const id = jobIdOf(name);
      const before = this.#pauses.get(id);
      // A database that has lost the job has lost the pause as well.
      if (before !== undefined && !pauses.has(id) && !jobs.has(id) && !this.#newPauses.has(name))
        this.#newPauses.set(name, before);
      if (!this.#newPauses.has(name)) participant.adoptPause(pauses.get(id) ?? null);
      participant.adoptRestart(restarts.get(id) ?? 0);
    }
    this.#pauses = pauses;
    this.#restarts = restarts;
  }

  /** Stores what has changed here. */
  async write(queue: CommandQueue): Promise<void> {
    for (const [name, pause] of [...this.#newPauses]) {
      const field = `${prefixes.pause}${jobIdOf(name)}`;
      if (pause === null) {
        const job = await queue.read(jobIdOf(name));
        if (job !== undefined) await this.#requests.clear(job);
        await queue.removeMeta([field]);
        this.#pauses.delete(jobIdOf(name));
      } else {
        await queue.setMeta({ [field]: JSON.stringify(pause) });
        this.#pauses.set(jobIdOf(name), pause);
      }
      // It may have changed again meanwhile.
      if (this.#newPauses.get(name) === pause) this.#newPauses.delete(name);
    }
    for (const [name, requestedAt] of [...this.#newRestarts]) {
      const at = queue.clock.now() - (TimerQueue.current().now() - requestedAt);
      await queue.setMeta({ [`${prefixes.restart}${jobIdOf(name)}`]: String(Math.round(at)) });
      if (this.#newRestarts.get(name) === requestedAt) this.#newRestarts.delete(name);
    }
  }

  /**
   * Settles the pauses of workers that run on no replica. Another replica may not know of the pause yet, so the job is reserved
   * first, which it sees when it fetches the job. The pause settles if the worker does not run in the next snapshot either, and
   * the run of a replica that was faster has not overwritten the reservation.
   */
  async settle(queue: CommandQueue, { jobs }: Pick<QueueSnapshot, "jobs">): Promise<void> {
    for (const [name, wait] of [...this.#awaited]) {
      if (this.#newPauses.has(name)) continue;
      if (!this.#pauses.has(jobIdOf(name))) {
        // It was resumed.
        this.left(name);
        continue;
      }
      const isRunning = jobs.get(jobIdOf(name))?.state === "active";
      const job = isRunning ? undefined : await queue.read(jobIdOf(name));
      if (job !== undefined && wait.isReserved && this.#requests.isForThis(job)) {
        this.left(name);
      } else {
        if (job !== undefined) await this.#requests.write(job, queue.clock.now(), "pause");
        wait.isReserved = job !== undefined;
      }
    }
  }

  /** Whether a worker is paused, by the id of its job. */
  isPaused(jobId: string): boolean {
    return this.#pauses.has(jobId);
  }

  /** The job of a worker was removed, as no replica has it. */
  async forget(queue: CommandQueue, jobId: string): Promise<void> {
    await queue.removeMeta(Object.values(prefixes).map((prefix) => `${prefix}${jobId}`));
  }
}

/** A caller that waits until a paused worker is idle on all replicas. */
class IdleWait {
  /** Whether the job was reserved when the worker did not run. */
  isReserved = false;
  end = (): void => {};
  readonly idle = new Promise<void>((resolve) => {
    this.end = resolve;
  });
}

/** Of the fields of the metadata; the id of the job follows. */
const prefixes = { pause: "watchbill-pause-", restart: "watchbill-restart-" };

function parsePause(text: string): Pause | undefined {
  const value = parseJson(text);
  const since = isSnapshotEntry(value) ? numberIn(value, "since") : undefined;
  if (!isSnapshotEntry(value) || since === undefined) return undefined;
  const { by, reason } = value;
  return { since, by: typeof by === "string" ? by : null, reason: typeof reason === "string" ? reason : null };
}
