import { QueueTimer } from "../timers/queue-timer.js";
import { random } from "../timers/random.js";
import type { DatabaseClock } from "./database-clock.js";

/**
 * How long after a job is due, in ms, a replica looks for it that was not the last to run it: at random in this range, so that
 * the replicas do not all ask at once if the one that was the last is gone.
 */
const grace = { least: 50, most: 250 };

/** By how much, in ms, a replica is later for each job that it runs, so that it leaves more to the others; and at most. */
const lateness = { perJob: 20, most: 300 };

/** By how many ms the clocks of two replicas may differ, as each measures that of the database. */
const clockTolerance = 20;

/** When this replica asks for jobs, in ms on the database's clock. */
interface WakeUp {
  readonly at: number;
  /** Then it asks only if no replica has taken or returned a job since this time; always if it is undefined. */
  readonly unlessSince: number | undefined;
}

/**
 * Decides when a replica asks Postgres for jobs. Asking whenever a job is due, on every replica, would make each run cost
 * statements on all of them. So the replica that ran a job last asks for it when it is due; the others know the time too, and ask
 * a little later, but only if no replica has taken or returned a job since.
 */
export class WakeUps {
  readonly #clock: DatabaseClock;
  /** In order. */
  #planned: readonly WakeUp[] = [];
  /** When a replica last took or returned a job. */
  #lastActivity = 0;
  #running = 0;
  #isPending = false;
  #wake: (() => void) | undefined;
  readonly #timer = new QueueTimer(() => this.#onTimer());

  constructor(clock: DatabaseClock) {
    this.#clock = clock;
  }

  /** A job is due that this replica ran last, or that every replica is to ask for. */
  add(due: number): void {
    this.#plan([{ at: due + Math.min(this.#running * lateness.perJob, lateness.most), unlessSince: undefined }]);
  }

  /** Jobs are due that other replicas ran last. */
  addOfOthers(dues: readonly number[]): void {
    this.#plan(dues.map((due) => ({ at: due + grace.least + random() * (grace.most - grace.least), unlessSince: due })));
  }

  /** Replaces what {@link addOfOthers} has added. */
  setOfOthers(dues: readonly number[]): void {
    this.#planned = this.#planned.filter(({ unlessSince }) => unlessSince === undefined);
    this.addOfOthers(dues);
  }

  /** A replica has taken or returned a job, and so asks for all others that are due. */
  onActivity(): void {
    this.#lastActivity = this.#clock.now();
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
    this.#planned = [];
    this.#timer.cancel();
    this.#wake?.();
  }

  #plan(added: readonly WakeUp[]): void {
    this.#planned = [...this.#planned, ...added].sort((one, other) => one.at - other.at);
    this.#arm();
  }

  #arm(): void {
    const [next] = this.#planned;
    this.#timer.cancel();
    if (next !== undefined) this.#timer.sleep(Math.max(0, next.at - this.#clock.now()));
  }

  #onTimer(): void {
    const now = this.#clock.now();
    const due = this.#planned.filter(({ at }) => at <= now);
    this.#planned = this.#planned.slice(due.length);
    const isUnattended = (since: number): boolean => since - clockTolerance > this.#lastActivity;
    if (due.some(({ unlessSince }) => unlessSince === undefined || isUnattended(unlessSince))) this.wake();
    this.#arm();
  }
}
