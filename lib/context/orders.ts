import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import { isFailure, type Outcome } from "./outcome.js";

/** Someone who waits for what was asked for. */
interface Requester {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * What was ordered by hand for one worker: to pause, or to run now. Kept with the worker, and looked at by whoever repeats it
 * at each decision, so that an order outlives the restarts of what it is for.
 */
export class Orders {
  #isPaused = false;
  /** The run that is under way was asked for during the pause, and is not subject to it. */
  #isExempt = false;
  /** For the run that comes next. */
  #wanted: Requester[] = [];
  /** For the run that is under way. */
  #served: Requester[] = [];
  #resting: Requester[] = [];

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
    this.#isExempt = false;
  }

  /** Resolves once nothing of the worker runs. */
  atRest(): Promise<void> {
    return new Promise((resolve, reject) => this.#resting.push({ resolve, reject }));
  }

  /** Ends a pause. Whoever still waits for the worker to come to rest waits in vain. */
  resume(worker: string): void {
    this.#isPaused = false;
    const error = new WorkerNotRunningError(worker, "paused", "it was resumed meanwhile");
    for (const { reject } of this.#resting.splice(0)) reject(error);
  }

  /** Nothing of the worker runs now. */
  rest(): void {
    for (const { resolve } of this.#resting.splice(0)) resolve();
  }

  get wantsRun(): boolean {
    return this.#wanted.length > 0;
  }

  /** Whether somebody waits for the run that is under way. */
  get isServing(): boolean {
    return this.#served.length > 0;
  }

  /** Settles with the next run that begins: all who ask before that share it. */
  requestRun(): Promise<void> {
    return new Promise((resolve, reject) => this.#wanted.push({ resolve, reject }));
  }

  /** Whether the run that is under way is not to be tried again for now: unless it was asked for when there was a pause already. */
  get holdsAttempts(): boolean {
    return this.#isPaused && !this.wantsRun && !this.#isExempt;
  }

  runBegins(): void {
    this.#isExempt = this.#isPaused && this.wantsRun;
    this.#served.push(...this.#wanted.splice(0));
  }

  /** @param reason of the stop, if it was stopped */
  runEnds(outcome: Outcome, reason: unknown): void {
    for (const { resolve, reject } of this.#served.splice(0)) {
      if (isFailure(outcome)) reject(outcome);
      else if (outcome === "stopped") reject(reason);
      else resolve();
    }
  }

  /** The worker hangs, and nobody waits for it any longer. */
  abandon(error: Error): void {
    for (const { reject } of [...this.#served.splice(0), ...this.#wanted.splice(0), ...this.#resting.splice(0)]) reject(error);
  }

  /** The worker has ended, and there will be no further run. */
  workerEnds(worker: string, outcome: Outcome, reason: unknown): void {
    this.runEnds(outcome, reason);
    const ending = isFailure(outcome) ? "it has failed" : "it is done for good";
    for (const { reject } of this.#wanted.splice(0)) {
      reject(outcome === "stopped" ? reason : new WorkerNotRunningError(worker, "triggered", ending));
    }
    this.rest();
  }
}
