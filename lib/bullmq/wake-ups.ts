import { QueueTimer } from "../timers/queue-timer.js";
import { random } from "../timers/random.js";
import type { DatabaseClock } from "./database-clock.js";

/**
 * How long after a job is due, in ms, a replica looks for it that was not the last to run it: at random in this range, so that
 * the replicas do not all ask at once if the one that was the last is gone.
 */
const grace = { least: 50, most: 250 };

/**
 * By how much, in ms, a replica is later for each job that it runs, if a job is for all, so that it leaves more to the others;
 * and at most.
 */
const lateness = { perJob: 20, most: 300 };

/** By how many ms the time with which BullMQ asks for jobs can be behind the clock, as both are rounded. */
const rounding = 2;

interface WakeUp {
  /** In ms on the database's clock. */
  readonly at: number;
  readonly timer: QueueTimer;
}

/**
 * Decides when a replica asks Postgres for jobs. Asking whenever a job is due, on every replica, would make each run cost
 * statements on all of them. So the replica that ran a job last asks for it when it is due; the others know the time too, and ask
 * a little later, but only if no replica has taken the job by then.
 */
export class WakeUps {
  readonly #clock: DatabaseClock;
  /** By the id of the job. */
  readonly #planned = new Map<string, WakeUp>();
  #running = 0;
  #isPending = false;
  #wake: (() => void) | undefined;

  constructor(clock: DatabaseClock) {
    this.#clock = clock;
  }

  /**
   * A job is due that this replica ran last, or that every replica is to ask for. Asks once more if the job is not taken.
   * @param isForAll whether a replica that runs fewer jobs is to be earlier
   */
  add(job: string, due: number, isForAll: boolean): void {
    const later = isForAll ? Math.min(this.#running * lateness.perJob, lateness.most) : 0;
    this.#plan(job, due + rounding + later, () => this.addOfOthers(job, due));
  }

  /** A job is due that another replica ran last. */
  addOfOthers(job: string, due: number): void {
    this.#plan(job, Math.max(due, this.#clock.now()) + grace.least + random() * (grace.most - grace.least));
  }

  /** The same for a job as it is stored: does nothing if it is known. */
  addStored(job: string, due: number): void {
    const { at = Number.POSITIVE_INFINITY } = this.#planned.get(job) ?? {};
    if (at > Math.max(due, this.#clock.now()) + lateness.most + grace.most) this.addOfOthers(job, due);
  }

  /** A replica has taken the job. */
  taken(job: string): void {
    this.#planned.get(job)?.timer.cancel();
    this.#planned.delete(job);
  }

  /** This replica runs so many jobs. */
  setRunning(count: number): void {
    this.#running = count;
  }

  /** Asks now. */
  wake(): void {
    this.#isPending = this.#wake === undefined;
    this.#wake?.();
  }

  /** Resolves when it is time to ask for jobs, and after some ms at the latest. */
  wait(ms: number): Promise<void> {
    const isPending = this.#isPending;
    this.#isPending = false;
    if (isPending) return Promise.resolve();
    return new Promise((resolve) => {
      const latest = new QueueTimer(() => this.#wake?.());
      latest.sleep(ms);
      this.#wake = () => {
        latest.cancel();
        this.#wake = undefined;
        resolve();
      };
    });
  }

  close(): void {
    for (const job of [...this.#planned.keys()]) this.taken(job);
    this.#wake?.();
  }

  #plan(job: string, at: number, andThen = (): void => {}): void {
    this.taken(job);
    const timer = new QueueTimer(() => {
      // The clock may have been corrected meanwhile.
      const left = at - this.#clock.now();
      if (left > 0) {
        timer.sleep(left);
        return;
      }
      this.#planned.delete(job);
      this.wake();
      andThen();
    });
    timer.sleep(Math.max(0, at - this.#clock.now()));
    this.#planned.set(job, { at, timer });
  }
}
