import type { Lease } from "../distributed/engine.js";
import { LeaseLostError } from "../errors/lease-lost-error.js";
import { formatDuration } from "../timers/format-duration.js";
import { QueueTimer } from "../timers/queue-timer.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { TurnRecord } from "./turn-record.js";

/** What part of a lock's time is used: the rest is for the run to stop in, before anybody else can have the lock. */
const usedPart = 0.8;

/** One moment on both clocks: the monotonic one stands still while a machine sleeps, and the wall clock may be set. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

export function thisMoment(): Moment {
  return { monotonic: TimerQueue.current().now(), wall: Date.now() };
}

/**
 * The right to run a worker for as long as its lock is renewed. Counts from when a renewal was asked for, and not from when the
 * answer was read: a process may be frozen in between. Lost for good once lost.
 */
export class BullLease implements Lease {
  readonly isKept = false;
  readonly memory;
  readonly status;
  readonly due: number;
  readonly #worker: string;
  readonly #lockDuration: number;
  readonly #controller = new AbortController();
  #renewed: Moment;
  readonly #timer = new QueueTimer(() => this.#onWake());

  /** @param lockedAt no later than when the lock was given */
  constructor(worker: string, { memory, status, due }: TurnRecord, lockDuration: number, lockedAt: Moment) {
    this.#worker = worker;
    this.memory = memory;
    this.status = status;
    this.due = due;
    this.#lockDuration = lockDuration;
    this.#renewed = lockedAt;
    this.#watch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  now(): number {
    return Date.now();
  }

  /** @param asked when that was asked for */
  renewed(asked: Moment): void {
    this.check();
    if (this.signal.aborted) return;
    this.#renewed = asked;
    this.#watch();
  }

  check(): void {
    const { monotonic, wall } = thisMoment();
    const age = Math.max(monotonic - this.#renewed.monotonic, wall - this.#renewed.wall);
    if (age >= this.#lockDuration * usedPart) this.lose(`its lock was not renewed for ${formatDuration(Math.round(age))}`);
  }

  /** @param cause in words */
  lose(cause: string): void {
    this.#timer.cancel();
    if (!this.signal.aborted) this.#controller.abort(new LeaseLostError(this.#worker, cause));
  }

  /** The turn is over. */
  end(): void {
    this.#timer.cancel();
  }

  #onWake(): void {
    this.check();
    if (!this.signal.aborted) this.#watch();
  }

  #watch(): void {
    this.#timer.sleepUntil(this.#renewed.monotonic + this.#lockDuration * usedPart);
  }
}
