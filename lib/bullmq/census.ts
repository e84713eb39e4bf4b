import type { Job } from "bullmq";
import type { Seat } from "../context/engine.js";
import { holderOf } from "./holders.js";
import type { JobState, OpenQueue } from "./open-queue.js";
import { isRefusal } from "./refusal.js";
import { firstRecord, jobIdOf, readRecord, type TurnRecord } from "./turn-record.js";
import type { Wishes } from "./wishes.js";

/** How much too late, in ms, a job must be delayed to be looked into. */
const tolerance = 1_000;

/**
 * Looks after the jobs of the workers of this process, and tells the workers what has become of them: makes jobs that are missing,
 * be it that the database has forgotten them, revives what has ended, and wakes what waits for longer than it should, as after
 * a deploy that has shortened an interval.
 */
export class Census {
  /** The last that was known of each, should the database forget it. */
  readonly #known = new Map<string, TurnRecord>();
  /** Those who have been in a census before. */
  readonly #counted = new Set<string>();

  async take(queue: OpenQueue, seats: ReadonlyMap<string, Seat>, wishes: Wishes): Promise<void> {
    const found = await queue.jobs();
    const missing = new Map(seats);
    for (const [state, jobs] of found) {
      for (const job of jobs) {
        const seat = seats.get(job.name);
        if (seat === undefined || !missing.delete(job.name)) continue;
        await this.#lookAfter(seat, job, state, wishes);
      }
    }
    if (missing.size > 0) await queue.add([...missing.keys()].map((name) => this.#jobOf(name)));
    for (const name of seats.keys()) this.#counted.add(name);
    for (const name of this.#counted) if (!seats.has(name)) this.#counted.delete(name);
  }

  #jobOf(name: string): { readonly name: string; readonly jobId: string; readonly data: TurnRecord } {
    return { name, jobId: jobIdOf(name), data: this.#known.get(name) ?? firstRecord };
  }

  async #lookAfter(seat: Seat, job: Job, state: JobState, wishes: Wishes): Promise<void> {
    const record = readRecord(job.data);
    this.#known.set(seat.name, record);
    if (state === "failed") {
      await tryTo(() => job.retry("failed"));
    } else if (state === "completed" && !this.#counted.has(seat.name)) {
      // Who is started anew starts what is done anew.
      await job.updateData(firstRecord);
      await tryTo(() => job.retry("completed"));
    } else if (state === "delayed" && seat.isOpen && (wishes.has(seat.name) || isLate(seat, record))) {
      if (wishes.has(seat.name)) await wishes.write(job);
      await tryTo(() => job.promote());
    }
    seat.tell(newsOf(job, state, record, this.#counted.has(seat.name)));
  }
}

/** Whether a worker waits for longer than it should, as this process sees it. */
function isLate(seat: Seat, { memory, phase, due, until }: TurnRecord): boolean {
  const latest = phase === "waiting" ? Math.min(seat.dueBy(memory) ?? due, due) : due;
  return latest + tolerance < until;
}

function newsOf(job: Job, state: JobState, record: TurnRecord, isCounted: boolean): Parameters<Seat["tell"]>[0] {
  const { phase, status, until, isDone } = record;
  return {
    phase: state === "active" ? "running" : phase,
    status,
    holder: holderOf(job.processedBy),
    nextDue: state === "delayed" ? until : null,
    isDone: isDone && state === "completed" && isCounted,
  };
}

/** Others may have been faster, or the job may have gone on meanwhile: the next census will tell. */
async function tryTo(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
  }
}
