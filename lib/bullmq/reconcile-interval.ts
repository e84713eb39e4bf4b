import { onAbort } from "../runtime/on-abort.js";
import { delay } from "./time-limit.js";

/**
 * The time between two reconciliations, in ms: `perWorker` for each, at least `least`; less after an error or while a run is
 * requested.
 */
const intervals = { least: 5_000, perWorker: 5, requested: 250, error: 1_000 };

interface IntervalConditions {
  readonly workers: number;
  readonly hasRequests: boolean;
  readonly isAway: boolean;
}

/** Decides when the next reconciliation begins. */
export class ReconcileInterval {
  #pause = new AbortController();
  #isSkipped = false;
  #hadError = false;

  /** Whether there was an error since the last reconciliation began. */
  get hadError(): boolean {
    return this.#hadError;
  }

  /** A reconciliation begins: what is asked for from now on is for the one after it. */
  reconciling(): void {
    this.#isSkipped = false;
    this.#hadError = false;
  }

  /** Asks for the next reconciliation as soon as possible. */
  skip(): void {
    this.#isSkipped = true;
    this.#pause.abort();
  }

  /** @param isAway whether the database was already known not to answer: then the interval is not cut short */
  onError(isAway: boolean): void {
    this.#hadError = true;
    if (!isAway) this.#pause.abort();
  }

  /** Resolves when the next reconciliation is due, or when the signal aborts. */
  async next({ workers, hasRequests, isAway }: IntervalConditions, signal: AbortSignal): Promise<void> {
    if (this.#isSkipped || signal.aborted) return;
    const usual = this.#hadError || isAway ? intervals.error : Math.max(intervals.least, workers * intervals.perWorker);
    this.#pause = new AbortController();
    const stopWatching = onAbort(signal, this.#pause);
    await delay(hasRequests ? intervals.requested : usual, this.#pause.signal);
    stopWatching();
  }
}
