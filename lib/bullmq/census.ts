import type { Job } from "bullmq";
import type { Participant } from "../distributed/engine.js";
import { holderOf } from "./holders.js";
import type { JobState, OpenQueue } from "./open-queue.js";
import { isRefusal } from "./refusal.js";
import { shownRow } from "./show-row.js";
import { firstRecord, jobIdOf, recordOf, type TurnRecord } from "./turn-record.js";
import type { Wishes } from "./wishes.js";

/** How much too late, in ms, a job must be delayed to be looked into. */
const tolerance = 1_000;

/** Of the jobs that only wait, each census reads a twelfth, but at least so many: at five seconds a census, all of them once a minute. */
const atRest = { part: 1 / 12, least: 50 };

export interface CensusTerms {
  readonly queue: OpenQueue;
  readonly seats: ReadonlyMap<string, Participant>;
  readonly wishes: Wishes;
  /** In ms. */
  readonly lockDuration: number;
  /** Told of workers whose jobs the database has forgotten. */
  readonly onForgotten: (worker: string) => void;
}

/**
 * Looks after the jobs of the workers of this process, and tells the workers what has become of them: makes jobs that are missing,
 * be it that the database has forgotten them, revives what has ended, and wakes what waits for longer than it should, as after
 * a deploy that has shortened an interval.
 */
export class Census {
  /** The last that was known of each, should the database forget it. Those that were read longest ago come first. */
  readonly #known = new Map<string, TurnRecord>();
  /** Those who had run when they were last read, or had been woken: there is news of them. */
  #moving = new Set<string>();

  async take(terms: CensusTerms): Promise<void> {
    const { queue, seats, wishes } = terms;
    const states = await queue.states();
    for (const name of this.#known.keys()) if (!seats.has(name)) this.#known.delete(name);
    await this.#addMissing(terms, states);

    const moving = new Set<string>();
    const lookAfter = async (name: string): Promise<void> => {
      const seat = seats.get(name);
      const state = states.get(jobIdOf(name));
      const job = seat && state && (await queue.read(jobIdOf(name)));
      if (seat === undefined || state === undefined || job === undefined) return;
      const wasWoken = await this.#lookAfter(queue, seat, job, state, wishes);
      if (wasWoken || state === "active") moving.add(name);
    };
    await Promise.all(this.#toRead(seats, states, wishes).map(lookAfter));
    this.#moving = moving;
  }

  async #addMissing(
    { queue, seats, lockDuration, onForgotten }: CensusTerms,
    states: ReadonlyMap<string, JobState>,
  ): Promise<void> {
    const unseen = [...seats.keys()].filter((name) => !states.has(jobIdOf(name)));
    const added = await Promise.all(
      unseen.map(async (name) => {
        if (!this.#known.has(name)) return { ...this.#jobOf(name), delay: 0 };
        // It may have gone from one state to another while they were read.
        if ((await queue.read(jobIdOf(name))) !== undefined) return [];
        onForgotten(name);
        // Somebody else may have a turn, and not have heard of it yet.
        return { ...this.#jobOf(name), delay: lockDuration };
      }),
    );
    const jobs = added.flat();
    if (jobs.length > 0) await queue.add(jobs);
    for (const name of unseen) if (!this.#known.has(name)) this.#known.set(name, firstRecord);
  }

  /** Of whom there is news, or may be; and of the others those of whom there was none for longest. */
  #toRead(seats: ReadonlyMap<string, Participant>, states: ReadonlyMap<string, JobState>, wishes: Wishes): string[] {
    const urgent = [...seats.keys()].filter((name) => {
      const state = states.get(jobIdOf(name));
      const isAtRest = state === "delayed" || state === "waiting";
      return !isAtRest || !this.#known.has(name) || this.#moving.has(name) || wishes.has(name);
    });
    const count = Math.max(atRest.least, Math.ceil(seats.size * atRest.part));
    return [...new Set([...urgent, ...[...this.#known.keys()].slice(0, count)])];
  }

  #jobOf(name: string): { readonly name: string; readonly jobId: string; readonly data: TurnRecord } {
    return { name, jobId: jobIdOf(name), data: this.#known.get(name) ?? firstRecord };
  }

  /** Returns whether it was woken. */
  async #lookAfter(queue: OpenQueue, seat: Participant, job: Job, state: JobState, wishes: Wishes): Promise<boolean> {
    const record = recordOf(job);
    const isNew = !this.#known.delete(seat.name);
    this.#known.set(seat.name, record);
    const isWanted = wishes.has(seat.name);
    let wasWoken = false;
    if (state === "failed") {
      wasWoken = await succeeds(() => job.retry("failed"));
    } else if (state === "completed" && isNew) {
      // Who is started anew starts what is done anew.
      wasWoken = await succeeds(() => job.remove());
      this.#known.set(seat.name, firstRecord);
      if (wasWoken) await queue.add([{ ...this.#jobOf(seat.name), delay: 0 }]);
    } else if (state === "delayed" && seat.isOpen && (isWanted || isLate(seat, record))) {
      if (isWanted) await wishes.write(job);
      wasWoken = await succeeds(() => job.promote());
    }
    seat.tell(newsOf(job, state, record, isNew));
    return wasWoken;
  }
}

/** Whether a worker waits for longer than it should, as this process sees it. */
function isLate(seat: Participant, { memory, phase, due, until }: TurnRecord): boolean {
  const latest = phase === "waiting" ? Math.min(seat.dueBy(memory) ?? due, due) : due;
  return latest + tolerance < until;
}

function newsOf(job: Job, state: JobState, record: TurnRecord, isNew: boolean): Parameters<Participant["tell"]>[0] {
  const { phase, memory, status, until } = record;
  return {
    phase: state === "active" ? "running" : phase,
    memory,
    status: state === "active" ? shownRow(job, status) : status,
    holder: holderOf(job.processedBy),
    nextDue: state === "delayed" ? until : null,
    isDone: state === "completed" && !isNew,
  };
}

/** Whether that could be done: others may have been faster, or the job may have gone on meanwhile, and the next census will tell. */
async function succeeds(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    return false;
  }
}
