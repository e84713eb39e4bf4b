import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { CommandResult } from "./command-result.js";
import { isFailure, type Outcome } from "./outcome.js";
import type { Pause } from "./worker-status.js";

/**
 * The commands that were given to one worker: to pause, to run now, to restart. Kept with the worker, and read at each decision
 * by the task that repeats it, so that a command outlives restarts. Every promise settles, once: at the latest when the worker
 * exits or the runner has stopped.
 */
export class WorkerCommands {
  #pause: Pause | undefined;
  #wasResumed = false;
  /** The run that is under way was requested during the pause, and is not subject to it. */
  #isExempt = false;
  /** For the run that comes next, and when the first caller has asked for it, on the clock of the timer queue. */
  #nextRun: CommandResult | undefined;
  #requestedAt = 0;
  /** For the run that is under way. */
  #currentRun: CommandResult[] = [];
  #idle: CommandResult | undefined;
  /** The pause of a distributed worker as its engine knows it. */
  #sharedPause: Pause | undefined;
  #wasRestarted = false;

  get isPaused(): boolean {
    return this.#pause !== undefined;
  }

  /** Who has paused it, and why, for its status. */
  get pauseStatus(): Pause | undefined {
    return this.#pause;
  }

  /**
   * Begins a pause. One that goes on keeps its start, and both who has paused the worker and why, unless it had neither or there
   * is another reason: what one has said must not be shown as said by another. Returns whether this has changed anything.
   */
  pause({ by, reason }: { readonly by?: string | undefined; readonly reason?: string | undefined } = {}): boolean {
    const wasExempt = this.#isExempt;
    this.#isExempt = false;
    const earlier = this.#pause;
    if (earlier !== undefined && reason === undefined && (earlier.by ?? earlier.reason) !== null) return wasExempt;
    this.#pause = { since: earlier?.since ?? Date.now(), by: by ?? null, reason: reason ?? null };
    return wasExempt || this.#pause.by !== earlier?.by || this.#pause.reason !== earlier.reason;
  }

  /** Whether a pause has begun or ended here since the other replicas were informed; notes that they are now. */
  takeUnsharedPause(): boolean {
    const isUnshared = this.#pause !== this.#sharedPause;
    this.#sharedPause = this.#pause;
    return isUnshared;
  }

  /** Takes over a pause of all replicas, or its end. Returns whether that has changed anything. */
  adoptPause(pause: Pause | undefined, worker: string): boolean {
    const { since, by, reason } = this.#pause ?? {};
    if (pause?.since === since && pause?.by === by && pause?.reason === reason) return false;
    if (pause === undefined) this.resume(worker);
    this.#isExempt = false;
    this.#pause = pause;
    this.#sharedPause = pause;
    return true;
  }

  /** A distributed worker is restarted. */
  restart(): void {
    this.#wasRestarted = true;
  }

  /** Whether it was restarted since the other replicas were informed; notes that they are now. */
  takeUnsharedRestart(): boolean {
    const wasRestarted = this.#wasRestarted;
    this.#wasRestarted = false;
    return wasRestarted;
  }

  /** Resolves when nothing of the worker runs. */
  whenIdle(): Promise<void> {
    return (this.#idle ??= new CommandResult()).promise;
  }

  get isIdleAwaited(): boolean {
    return this.#idle !== undefined;
  }

  /** Ends a pause. A caller that still waits for the worker to become idle gets an error. */
  resume(worker: string): void {
    this.#wasResumed ||= this.isPaused;
    this.#pause = undefined;
    this.rejectIdle(new WorkerNotRunningError(worker, "paused", "it was resumed meanwhile"));
  }

  /** Whether a pause has ended since this was called last: what was due until now was missed. */
  takeResumed(): boolean {
    const wasResumed = this.#wasResumed;
    this.#wasResumed = false;
    return wasResumed;
  }

  /** Nothing of the worker runs now. */
  onIdle(): void {
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  rejectIdle(error: Error): void {
    this.#idle?.reject(error);
    this.#idle = undefined;
  }

  get wantsRun(): boolean {
    return this.#nextRun !== undefined;
  }

  /** Whether a caller waits for the run that is under way. */
  get isRunAwaited(): boolean {
    return this.#currentRun.length > 0;
  }

  /** Settles with the next run that starts: all callers that ask before that share it. */
  requestRun(): Promise<void> {
    if (this.#nextRun === undefined) {
      this.#nextRun = new CommandResult();
      this.#requestedAt = TimerQueue.current().now();
    }
    return this.#nextRun.promise;
  }

  get requestedAt(): number {
    return this.#requestedAt;
  }

  /** Whether the run that is under way has no further attempt for now, because of a pause that began after it was requested. */
  get holdsAttempts(): boolean {
    return this.isPaused && !this.wantsRun && !this.#isExempt;
  }

  onRunStart(): void {
    this.#isExempt = this.isPaused && this.wantsRun;
    if (this.#nextRun !== undefined) this.#currentRun.push(this.#nextRun);
    this.#nextRun = undefined;
  }

  /** @param reason of the stop if it was stopped */
  onRunEnd(outcome: Outcome, reason: unknown): void {
    this.#isExempt = false;
    for (const request of this.#currentRun.splice(0)) {
      if (isFailure(outcome)) request.reject(outcome);
      else if (outcome === "stopped") request.reject(reason);
      else request.resolve();
    }
  }

  /** The worker hangs, and its supervisor does not wait for it any longer. */
  rejectAll(error: Error): void {
    for (const request of this.#currentRun.splice(0)) request.reject(error);
    this.#nextRun?.reject(error);
    this.#nextRun = undefined;
    this.rejectIdle(error);
  }

  /** The worker has exited, and there will be no further run. */
  onWorkerExit(worker: string, outcome: Outcome, reason: unknown): void {
    this.onRunEnd(outcome, reason);
    const ending = isFailure(outcome) ? "it has failed" : "it has completed";
    this.#nextRun?.reject(outcome === "stopped" ? reason : new WorkerNotRunningError(worker, "triggered", ending));
    this.#nextRun = undefined;
    this.onIdle();
  }

  /** The runner has stopped, and the worker will not run again in this run of it. */
  onRunnerExit(worker: string): void {
    this.#nextRun?.reject(new WorkerNotRunningError(worker, "triggered", "the runner has stopped"));
    this.#nextRun = undefined;
    this.onIdle();
  }
}
