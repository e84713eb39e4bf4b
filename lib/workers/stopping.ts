import type { Activity } from "../context/activity.js";
import { Sleeper } from "../context/sleeper.js";
import { initialStatus } from "../context/worker-status.js";
import { type HungWorker, ShutdownTimeoutError } from "../errors/shutdown-timeout-error.js";
import { channels } from "../events/channels.js";
import { formatDuration } from "../time/format-duration.js";
import { TimerQueue } from "../time/timer-queue.js";
import type { NamedActivity } from "./named.js";

/** How the members of a roster are stopped. */
export interface StopPlan {
  /** One batch is stopped after the other, the last one first. */
  readonly batches: NamedActivity[][];
  readonly reason: unknown;
  /** How long a member may take, in ms. */
  readonly timeoutOf: (member: NamedActivity) => number;
  /** Called when every batch has had its time, and some members hang. If all stop, the roster knows by itself. */
  readonly onGivenUp: () => void;
  /** Told of those whose time is over. With this, nobody is given up on, however long it takes. */
  readonly onLate: ((error: ShutdownTimeoutError) => void) | undefined;
}

interface Late {
  readonly member: NamedActivity;
  /** When it was told to stop. */
  readonly toldAt: number;
}

/** The stop of a roster: batch by batch, and each member within its time. Those that hang are given up on. */
export class Stopping extends Sleeper {
  readonly #plan: StopPlan;
  /** Of the batch that has been told to stop, those that have not. */
  readonly #awaited = new Set<Activity>();
  #batch: readonly NamedActivity[] = [];
  #toldAt = 0;
  #isTelling = false;
  readonly #givenUp = new Map<Activity, Late>();

  constructor(plan: StopPlan) {
    super();
    this.#plan = plan;
  }

  begin(): void {
    this.#tellNext();
  }

  /** A member has settled. */
  hasStopped(member: Activity): void {
    if (this.#awaited.delete(member) && this.#awaited.size === 0 && !this.#isTelling) this.#tellNext();
  }

  wasGivenUp(member: Activity): boolean {
    return this.#givenUp.has(member);
  }

  /** The error that names those who have been given up on, if there are any. */
  timeout(): ShutdownTimeoutError | undefined {
    return this.#givenUp.size === 0 ? undefined : this.#errorOf([...this.#givenUp.values()]);
  }

  #errorOf(late: readonly Late[]): ShutdownTimeoutError {
    const hung = late.flatMap(hungIn);
    const workers = hung.map(({ worker }) => worker);
    const longest = Math.max(...late.map(({ member }) => this.#plan.timeoutOf(member)));
    return new ShutdownTimeoutError(workers, formatDuration(longest), hung);
  }

  /** The time of some has come. */
  override wake(): void {
    const now = TimerQueue.current().now();
    const late = this.#batch
      .filter((member) => this.#awaited.has(member) && this.#deadlineOf(member) <= now)
      .map((member) => ({ member, toldAt: this.#toldAt }));
    if (this.#plan.onLate !== undefined) {
      this.#plan.onLate(this.#errorOf(late));
      return;
    }
    for (const each of late) {
      this.#awaited.delete(each.member);
      this.#givenUp.set(each.member, each);
      if (channels.hung.isObserved) for (const hung of hungIn(each)) channels.hung.publish(hung);
    }
    if (this.#awaited.size === 0) this.#tellNext();
    else this.#awaitDeadline();
  }

  #tellNext(): void {
    this.callOffSleep();
    this.#isTelling = true;
    while (this.#awaited.size === 0) {
      const batch = this.#plan.batches.pop();
      if (batch === undefined) break;
      this.#batch = batch;
      this.#toldAt = TimerQueue.current().now();
      for (const member of batch) if (member.busy) this.#awaited.add(member);
      // Those that have ended too: what they left running under their signals is to stop as well.
      for (const member of batch) member.abort(this.#plan.reason);
    }
    this.#isTelling = false;
    if (this.#awaited.size > 0) this.#awaitDeadline();
    else if (this.#givenUp.size > 0) this.#plan.onGivenUp();
  }

  #awaitDeadline(): void {
    let first = Number.POSITIVE_INFINITY;
    for (const member of this.#batch) if (this.#awaited.has(member)) first = Math.min(first, this.#deadlineOf(member));
    this.sleepUntil(first);
  }

  #deadlineOf(member: NamedActivity): number {
    return this.#toldAt + this.#plan.timeoutOf(member);
  }
}

/** The workers in a member that have not stopped. */
export function hungIn({ member, toldAt }: Late): HungWorker[] {
  const hungFor = TimerQueue.current().now() - toldAt;
  const running: Activity[] = [];
  member.listRunning(running);
  return running.map((activity) => {
    const status = initialStatus(activity.name);
    activity.describe(status);
    return { worker: activity.name, phase: status.phase, hungFor };
  });
}
