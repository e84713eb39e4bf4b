import type { ShutdownTimeoutError } from "../errors/shutdown-timeout-error.js";
import type { Task } from "../runtime/task.js";
import { inTransition } from "../runtime/transition.js";
import { QueueTimer } from "../timers/queue-timer.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { hungWorkersIn, publishHung, runningWorkersIn, type StopRequest, shutdownTimeoutError } from "./hung-workers.js";
import type { Child } from "./supervisor.js";

/** How the children of a supervisor are stopped. */
export interface ShutdownPlan {
  /** The last batch is stopped first; each of the others when the one after it has stopped, or its time is over. */
  readonly batches: Child[][];
  readonly reason: unknown;
  /** How long a child may take to stop, in ms. */
  readonly timeToStop: (child: Child) => number;
  /** Called when every batch has stopped, or its time is over. */
  readonly onComplete: () => void;
  /** Called with the children whose time is over. With this, none is left behind, however long it takes. */
  readonly onHung: ((error: ShutdownTimeoutError) => void) | undefined;
  /** Called from time to time with the names of those that have not stopped, and how long the shutdown has taken, in ms. */
  readonly onSlow: (names: readonly string[], duration: number) => void;
}

/** When the workers that have not stopped are reported first, in ms after the start; then after twice as long, and so on. */
const firstReport = 5_000;

/** Stops the children of a supervisor batch by batch, each within its time. Children that hang are left behind. */
export class ShutdownSequence {
  readonly #plan: ShutdownPlan;
  readonly #timer = new QueueTimer(() => inTransition(() => this.#onWake()));
  readonly #startedAt = TimerQueue.current().now();
  #nextReport = this.#startedAt + firstReport;
  /** The batch that was asked to stop last, and those in it that have not exited. */
  #batch: readonly Child[] = [];
  readonly #awaited = new Set<Task>();
  #requestedAt: number | undefined;
  /** The children whose time was over before they had exited. */
  readonly #late = new Map<Task, StopRequest>();

  constructor(plan: ShutdownPlan) {
    this.#plan = plan;
  }

  start(): void {
    this.#stopNextBatch();
  }

  cancel(): void {
    this.#timer.cancel();
  }

  /** A child has exited. */
  onExit(child: Task): void {
    if (this.#awaited.delete(child) && this.#awaited.size === 0) this.#stopNextBatch();
  }

  /** Another child takes the place of one that has exited. */
  replace(child: Child, next: Child): void {
    for (const batch of this.#plan.batches) if (batch.includes(child)) batch[batch.indexOf(child)] = next;
  }

  /** Whether a child has not been asked to stop yet. */
  isPending(child: Task): boolean {
    return this.#plan.batches.some((batch) => batch.some((other) => other === child));
  }

  wasLeftBehind(child: Task): boolean {
    return this.#late.has(child) && !this.#awaited.has(child);
  }

  get hasLeftBehind(): boolean {
    return this.#plan.onHung === undefined && this.#late.size > 0;
  }

  /** When the last batch was asked to stop. */
  get requestedAt(): number | undefined {
    return this.#requestedAt;
  }

  /** The error that names the children that were left behind and still hang, if there are any. */
  timeout(): ShutdownTimeoutError | undefined {
    const hung = [...this.#late.values()].filter(({ child }) => child.busy);
    return hung.length === 0 ? undefined : this.#errorOf(hung);
  }

  #errorOf(late: readonly StopRequest[]): ShutdownTimeoutError {
    const longest = late.reduce((longest, { child }) => Math.max(longest, this.#plan.timeToStop(child)), 0);
    return shutdownTimeoutError(late, longest);
  }

  /** Does nothing but set the timer while the children of a batch are awaited. */
  #stopNextBatch(): void {
    this.#timer.cancel();
    while (this.#awaited.size === 0) {
      const batch = this.#plan.batches.pop();
      if (batch === undefined) break;
      this.#batch = batch;
      this.#requestedAt = TimerQueue.current().now();
      // Children that have exited too, to stop what they left running under their signals.
      for (const child of batch) child.abort(this.#plan.reason);
      // A child that slept has exited at once.
      for (const child of batch) if (child.busy) this.#awaited.add(child);
    }
    if (this.#awaited.size > 0) this.#setTimer();
    else this.#plan.onComplete();
  }

  #setTimer(): void {
    let next = this.#nextReport;
    for (const child of this.#onTime) next = Math.min(next, this.#deadlineOf(child));
    this.#timer.sleepUntil(next);
  }

  #deadlineOf(child: Child): number {
    return (this.#requestedAt ?? 0) + this.#plan.timeToStop(child);
  }

  /** The children of the batch that have neither exited nor used up their time. */
  get #onTime(): Child[] {
    return this.#batch.filter((child) => this.#awaited.has(child) && !this.#late.has(child));
  }

  #onWake(): void {
    const now = TimerQueue.current().now();
    const requestedAt = this.#requestedAt ?? now;
    const late = this.#onTime.filter((child) => this.#deadlineOf(child) <= now).map((child) => ({ child, requestedAt }));
    for (const each of late) {
      this.#late.set(each.child, each);
      if (this.#plan.onHung === undefined) this.#leaveBehind(each);
    }
    for (const each of late) publishHung(hungWorkersIn(each));
    if (late.length > 0) this.#plan.onHung?.(this.#errorOf(late));
    if (now >= this.#nextReport) this.#report(now);
    this.#stopNextBatch();
  }

  #leaveBehind(late: StopRequest): void {
    this.#awaited.delete(late.child);
    const error = this.#errorOf([late]);
    for (const { commands } of runningWorkersIn(late.child)) commands?.rejectAll(error);
    late.child.unref();
  }

  #report(now: number): void {
    const duration = now - this.#startedAt;
    this.#nextReport = now + duration;
    // The late ones have been named as such.
    const names = this.#onTime.flatMap(runningWorkersIn).map(({ name }) => name);
    if (names.length > 0) this.#plan.onSlow(names, duration);
  }
}
