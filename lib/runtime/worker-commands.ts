import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import { isFailure, type Outcome } from "./outcome.js";

/** What was asked for, for all who wait for it. */
class Request {
  readonly promise: Promise<void>;
  #resolve = (): void => {};
  #reject = (_reason: unknown): void => {};

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A failed run is in the log already: it must not end the process of a caller that does not wait for it.
    this.promise.catch(() => {});
  }

  resolve(): void {
    this.#resolve();
  }

  reject(reason: unknown): void {
    this.#reject(reason);
  }
}

/**
 * What was ordered by hand for one worker: to pause, or to run now. Kept with the worker, and looked at by whoever repeats it
 * at each decision, so that an order outlives the restarts of what it is for.
 */
export class WorkerCommands {
  #isPaused = false;
  /** The run that is under way was asked for during the pause, and is not subject to it. */
  #isExempt = false;
  /** For the run that comes next. */
  #wanted: Request | undefined;
  /** For the run that is under way. */
  #served: Request[] = [];
  #resting: Request | undefined;

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
    this.#isExempt = false;
  }

  /** Resolves once nothing of the worker runs. */
  atRest(): Promise<void> {
    return (this.#resting ??= new Request()).promise;
  }

  /** Ends a pause. Whoever still waits for the worker to come to rest waits in vain. */
  resume(worker: string): void {
    this.#isPaused = false;
    this.#resting?.reject(new WorkerNotRunningError(worker, "paused", "it was resumed meanwhile"));
    this.#resting = undefined;
  }

  /** Nothing of the worker runs now. */
  rest(): void {
    this.#resting?.resolve();
    this.#resting = undefined;
  }

  get wantsRun(): boolean {
    return this.#wanted !== undefined;
  }

  /** Whether somebody waits for the run that is under way. */
  get isServing(): boolean {
    return this.#served.length > 0;
  }

  /** Settles with the next run that begins: all who ask before that share it. */
  requestRun(): Promise<void> {
    return (this.#wanted ??= new Request()).promise;
  }

  /** Whether the run that is under way is not to be tried again for now: unless it was asked for when there was a pause already. */
  get holdsAttempts(): boolean {
    return this.#isPaused && !this.wantsRun && !this.#isExempt;
  }

  runBegins(): void {
    this.#isExempt = this.#isPaused && this.wantsRun;
    if (this.#wanted !== undefined) this.#served.push(this.#wanted);
    this.#wanted = undefined;
  }

  /** @param reason of the stop, if it was stopped */
  runEnds(outcome: Outcome, reason: unknown): void {
    for (const request of this.#served.splice(0)) {
      if (isFailure(outcome)) request.reject(outcome);
      else if (outcome === "stopped") request.reject(reason);
      else request.resolve();
    }
  }

  /** The worker hangs, and nobody waits for it any longer. */
  abandon(error: Error): void {
    for (const request of this.#served.splice(0)) request.reject(error);
    this.#wanted?.reject(error);
    this.#resting?.reject(error);
    this.#wanted = this.#resting = undefined;
  }

  /** The worker has ended, and there will be no further run. */
  workerEnds(worker: string, outcome: Outcome, reason: unknown): void {
    this.runEnds(outcome, reason);
    const ending = isFailure(outcome) ? "it has failed" : "it is done for good";
    this.#wanted?.reject(outcome === "stopped" ? reason : new WorkerNotRunningError(worker, "triggered", ending));
    this.#wanted = undefined;
    this.rest();
  }
}
