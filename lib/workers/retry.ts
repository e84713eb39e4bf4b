import { asBackoff, policyOptions } from "../backoff/as-backoff.js";
import type { Backoff } from "../backoff/backoff.js";
import { type Activity, isFailure, type Outcome } from "../context/activity.js";
import type { WorkerStatus } from "../context/worker-status.js";
import { type Duration, parseDuration } from "../time/duration.js";
import { TimerQueue } from "../time/timer-queue.js";
import { Retrying } from "./retrying.js";
import type { Worker, WorkerFunc } from "./worker.js";
import { WorkerLink, workerLink } from "./worker-link.js";

export interface RetryOptions {
  readonly backoff: Backoff;
  /** After how long without an exit the earlier failures of a continuous worker no longer count. 1 minute by default. */
  readonly resetAfter?: Duration | undefined;
}

/**
 * Restarts a worker whenever it exits, with an error or without, until the context is aborted. Before a restart it waits for
 * the backoff's `duration(attempt)`, and always for a turn of the event loop.
 *
 * `attempt` counts the failures in a row. It is 0 again after a normal return, after a successful run of a repeated job, and
 * once a continuous worker had stayed up for `resetAfter`. Every failure is logged. A backoff that throws or returns nonsense ends the
 * worker with a {@link BackoffError}.
 * @throws InvalidArgumentError if the worker is not one, or the backoff or an option is malformed
 */
export function retry(worker: Worker | WorkerFunc, policy: Backoff | RetryOptions): Worker {
  return new RetryLink(workerLink(worker), retryPolicy(policy));
}

interface RetryPolicy {
  readonly backoff: Backoff;
  readonly resetAfter: number;
}

/**
 * What a policy amounts to, whatever it was given as.
 * @throws InvalidArgumentError if there is no backoff in it, or an option is malformed
 */
export function retryPolicy(policy: unknown): RetryPolicy {
  const { backoff, resetAfter = "1m" } = policyOptions(policy);
  return { backoff: asBackoff(backoff), resetAfter: parseDuration(resetAfter) };
}

class RetryLink extends WorkerLink {
  readonly worker: WorkerLink;
  readonly policy: RetryPolicy;

  constructor(worker: WorkerLink, policy: RetryPolicy) {
    super();
    this.worker = worker;
    this.policy = policy;
  }

  get label(): string {
    return this.worker.label;
  }

  get isContinuous(): boolean {
    return this.worker.isContinuous;
  }

  override activity(parent: Activity): Activity {
    return new RetryingWorker(parent, this);
  }
}

class RetryingWorker extends Retrying {
  readonly #resetAfter: number;
  #startedAt = 0;

  constructor(parent: Activity, { worker, policy }: RetryLink) {
    super(parent, worker, policy.backoff);
    // To wait for the next run is not to be well: a repeated job shows that by a run that succeeds.
    this.#resetAfter = worker.isContinuous ? policy.resetAfter : Number.POSITIVE_INFINITY;
  }

  override begin(): void {
    this.#startedAt = TimerQueue.current().now();
    super.begin();
  }

  override recovered(): void {
    this.failures = 0;
    super.recovered();
  }

  protected override ended(outcome: Outcome): void {
    if (this.aborted) {
      this.settle(outcome);
      return;
    }
    const failure = isFailure(outcome) ? outcome : undefined;
    if (failure === undefined || this.hasProvedItself()) this.failures = 0;
    if (failure !== undefined) this.failures++;
    this.tryAgain(failure);
  }

  private hasProvedItself(): boolean {
    return TimerQueue.current().now() - this.#startedAt >= this.#resetAfter;
  }

  override describe(status: WorkerStatus): void {
    super.describe(status);
    if (!this.sleeping && this.hasProvedItself()) status.attempt = 0;
  }
}
