import type { NamedTask } from "../chain/named.js";
import { ShutdownTimeoutError } from "../errors/shutdown-timeout-error.js";
import { Sleeper } from "../runtime/sleeper.js";
import type { Task } from "../runtime/task.js";
import { formatDuration } from "../timers/format-duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { hungIn, runningIn, type StopRequest, tellHung } from "./hung-workers.js";

/** How the members of a roster are stopped. */
export interface StopPlan {
  /** One batch is stopped after the other, the last one first. */
  readonly batches: NamedTask[][];
  readonly reason: unknown;
  /** How long a member may take, in ms. */
  readonly timeoutOf: (member: NamedTask) => number;
  /** Called when every batch has been told, and has stopped or had its time. */
  readonly onTold: () => void;
  /** Told of those whose time is over. With this, nobody is given up on, however long it takes. */
  readonly onLate: ((error: ShutdownTimeoutError) => void) | undefined;
  /** Called from time to time while it lasts: with the names of those that have not stopped, and for how long it has lasted, in ms. */
  readonly onSlow: (names: readonly string[], duration: number) => void;
}

/** After how long it is first said which workers have not stopped, in ms; then after twice as long, and so on. */
const firstReport = 5_000;

/** The stop of a roster: batch by batch, and each member within its time. Those that hang are given up on. */
export class ShutdownSequence extends Sleeper {
  readonly #plan: StopPlan;
  /** Of the batch that has been told to stop, those that have not. */
  readonly #awaited = new Set<Task>();
  #batch: readonly NamedTask[] = [];
  #toldAt: number | undefined;
  readonly #begunAt = TimerQueue.current().now();
  #nextReport = this.#begunAt + firstReport;
  /** Those whose time was over before they had stopped. */
  readonly #late = new Map<Task, StopRequest>();

  constructor(plan: StopPlan) {
    super();
    this.#plan = plan;
  }

  start(): void {
    this.#tellNext();
  }

  /** A member has settled. */
  hasStopped(member: Task): void {
    if (this.#awaited.delete(member) && this.#awaited.size === 0) this.#tellNext();
  }

  wasGivenUp(member: Task): boolean {
    return this.#late.has(member) && !this.#awaited.has(member);
  }

  get hasGivenUp(): boolean {
    return this.#plan.onLate === undefined && this.#late.size > 0;
  }

  isToBeTold(member: NamedTask): boolean {
    return this.#plan.batches.some((batch) => batch.includes(member));
  }

  /** Another takes the place of a member. */
  swap(member: NamedTask, successor: NamedTask): void {
    for (const batch of this.#plan.batches) if (batch.includes(member)) batch[batch.indexOf(member)] = successor;
  }

  callOff(): void {
    this.cancelSleep();
  }

  /** When the last batch was told. */
  get toldAt(): number | undefined {
    return this.#toldAt;
  }

  /** The error that names those who have been given up on and hang still, if there are any. */
  timeout(): ShutdownTimeoutError | undefined {
    const hung = [...this.#late.values()].filter(({ member }) => member.busy);
    return hung.length === 0 ? undefined : this.#errorOf(hung);
  }

  #errorOf(late: readonly StopRequest[]): ShutdownTimeoutError {
    const hung = late.flatMap(hungIn);
    const workers = hung.map(({ worker }) => worker);
    const longest = late.reduce((longest, { member }) => Math.max(longest, this.#plan.timeoutOf(member)), 0);
    return new ShutdownTimeoutError(workers, formatDuration(longest), hung);
  }

  /** The time of some has come. */
  override wake(): void {
    const now = TimerQueue.current().now();
    const toldAt = this.#toldAt ?? now;
    const late = this.#onTime.filter((member) => this.#deadlineOf(member) <= now).map((member) => ({ member, toldAt }));
    for (const each of late) {
      this.#late.set(each.member, each);
      if (this.#plan.onLate === undefined) this.#giveUp(each);
    }
    for (const each of late) tellHung(hungIn(each));
    if (late.length > 0) this.#plan.onLate?.(this.#errorOf(late));
    if (now >= this.#nextReport) this.#report(now);
    if (this.#awaited.size === 0) this.#tellNext();
    else this.#awaitDeadline();
  }

  #report(now: number): void {
    const duration = now - this.#begunAt;
    this.#nextReport = now + duration;
    // Those that are late have been named as such.
    const names = this.#onTime.flatMap(runningIn).map(({ name }) => name);
    if (names.length > 0) this.#plan.onSlow(names, duration);
  }

  /** Those who still have time. */
  get #onTime(): NamedTask[] {
    return this.#batch.filter((member) => this.#awaited.has(member) && !this.#late.has(member));
  }

  #giveUp(late: StopRequest): void {
    this.#awaited.delete(late.member);
    const error = this.#errorOf([late]);
    for (const { commands } of runningIn(late.member)) commands?.abandon(error);
    late.member.unref();
  }

  #tellNext(): void {
    this.cancelSleep();
    while (this.#awaited.size === 0) {
      const batch = this.#plan.batches.pop();
      if (batch === undefined) break;
      this.#batch = batch;
      this.#toldAt = TimerQueue.current().now();
      // Those that have ended too: what they left running under their signals is to stop as well.
      for (const member of batch) member.abort(this.#plan.reason);
      // Whoever sleeps has stopped at once.
      for (const member of batch) if (member.busy) this.#awaited.add(member);
    }
    if (this.#awaited.size > 0) this.#awaitDeadline();
    else this.#plan.onTold();
  }

  #awaitDeadline(): void {
    let first = this.#nextReport;
    for (const member of this.#onTime) first = Math.min(first, this.#deadlineOf(member));
    this.sleepUntil(first);
  }

  #deadlineOf(member: NamedTask): number {
    return (this.#toldAt ?? 0) + this.#plan.timeoutOf(member);
  }
}
