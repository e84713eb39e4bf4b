import type { NamedTask } from "../chain/named.js";
import { ShutdownTimeoutError } from "../errors/shutdown-timeout-error.js";
import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import { Sleeper } from "../runtime/sleeper.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { formatDuration } from "../timers/format-duration.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { hungIn, tellHung } from "./hung-workers.js";

/** Why a worker is stopped while its roster goes on. */
export type StopReason = "paused" | "restarted" | "removed";

/** One worker on its way out of a roster that goes on without it. */
export class StopOperation extends Sleeper {
  /** What was asked for. */
  readonly wish: StopReason;
  /** Resolves once it has stopped; rejects with a {@link ShutdownTimeoutError} if that takes too long, and it stops later. */
  readonly over: Promise<void>;
  readonly member: NamedTask;
  readonly #timeout: number;
  readonly #afterwards: () => void;
  readonly #toldAt = TimerQueue.current().now();
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};
  #isOverdue = false;
  #isOverruled = false;

  /**
   * @param timeout how long it may take, in ms
   * @param afterwards what is to happen once it has stopped, also if all have been told to stop meanwhile
   */
  constructor(wish: StopReason, member: NamedTask, timeout: number, afterwards: () => void) {
    super();
    this.wish = wish;
    this.member = member;
    this.#timeout = timeout;
    this.#afterwards = afterwards;
    this.over = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Some that stop a member do not wait for it.
    this.over.catch(() => {});
    this.sleep(timeout);
  }

  /** Whether its time is over. */
  get isOverdue(): boolean {
    return this.#isOverdue;
  }

  /** Whether somebody else may still wait for it to be over. */
  get isOpen(): boolean {
    return !this.#isOverdue && !this.#isOverruled;
  }

  /** @param isDone whether it will not come back in any case, as it is done for good */
  hasStopped(isDone: boolean): void {
    this.cancelSleep();
    if (!isDone) this.#afterwards();
    this.#resolve();
  }

  /** Something else was asked for meanwhile. */
  overruledBy(wish: StopReason | "resumed"): void {
    this.cancelSleep();
    this.#isOverruled = true;
    this.#reject(new WorkerNotRunningError(this.member.name, this.wish, `it was ${wish} meanwhile`));
  }

  override wake(): void {
    this.#isOverdue = true;
    const hung = hungIn({ member: this.member, toldAt: this.#toldAt });
    tellHung(hung);
    const names = hung.map(({ worker }) => worker);
    const error = new ShutdownTimeoutError(names, formatDuration(this.#timeout), hung);
    new WorkerLogger(this.member.logger, this.member.name).warn(
      { err: error },
      `is to be ${this.wish}, but has not stopped in time`,
    );
    this.#reject(error);
  }
}
