import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import { CommandResult } from "../runtime/command-result.js";
import { inTransition } from "../runtime/transition.js";
import { QueueTimer } from "../timers/queue-timer.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { reportHung } from "./hung-workers.js";
import type { Child } from "./supervisor.js";

/** Why a child is stopped while its supervisor goes on. */
export type StopReason = "paused" | "restarted" | "removed";

/** The stop of one child of a supervisor that goes on without it. */
export class StopOperation {
  readonly reason: StopReason;
  readonly #result = new CommandResult();
  readonly #child: Child;
  readonly #timeout: number;
  readonly #onStopped: () => void;
  readonly #requestedAt = TimerQueue.current().now();
  readonly #timer = new QueueTimer(() => inTransition(() => this.#onTimeout()));
  #isHung = false;
  #isOverruled = false;

  /**
   * @param timeout how long it may take, in ms
   * @param onStopped called when the child has exited, unless it has completed
   */
  constructor(reason: StopReason, child: Child, timeout: number, onStopped: () => void) {
    this.reason = reason;
    this.#child = child;
    this.#timeout = timeout;
    this.#onStopped = onStopped;
    this.#timer.sleep(timeout);
  }

  /**
   * Resolves when the child has exited; rejects with a {@link ShutdownTimeoutError} if that takes too long, although it may exit
   * later.
   */
  get promise(): Promise<void> {
    return this.#result.promise;
  }

  get isHung(): boolean {
    return this.#isHung;
  }

  /** Whether another caller can still wait for it. */
  get isPending(): boolean {
    return !this.#isHung && !this.#isOverruled;
  }

  /** @param hasCompleted whether the child has completed, so that it does not come back */
  onExit(hasCompleted: boolean): void {
    this.#timer.cancel();
    if (!hasCompleted) this.#onStopped();
    this.#result.resolve();
  }

  /** A later request counts instead. */
  overrule(by: StopReason | "resumed"): void {
    this.#timer.cancel();
    this.#isOverruled = true;
    this.#result.reject(new WorkerNotRunningError(this.#child.name, this.reason, `it was ${by} meanwhile`));
  }

  /** Ends the time now: the supervisor was left behind. */
  expire(): void {
    if (!this.isPending) return;
    this.#timer.cancel();
    this.#onTimeout();
  }

  #onTimeout(): void {
    this.#isHung = true;
    this.#result.reject(reportHung({ child: this.#child, requestedAt: this.#requestedAt }, this.reason, this.#timeout));
  }
}
