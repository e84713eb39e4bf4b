import { inspect } from "node:util";
import { asBackoff, policyOptions } from "../backoff/as-backoff.js";
import type { Backoff } from "../backoff/backoff.js";
import type { Activity } from "../context/activity.js";
import { isFailure, type Outcome } from "../context/outcome.js";
import { WorkerLogger } from "../context/worker-logger.js";
import type { Phase } from "../context/worker-status.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { channels } from "../events/channels.js";
import type { Job, JobFunc } from "./job.js";
import { JobLink, jobLink } from "./job-link.js";
import { Retrying } from "./retrying.js";

export interface RetryJobOptions {
  readonly backoff: Backoff;
  /** After how many failed attempts the run fails with the last error. Unlimited by default. */
  readonly maxAttempts?: number | undefined;
}

/**
 * Retries one run of a job until it succeeds, waiting for the backoff's `duration(attempt)` before each further attempt. If
 * the context is aborted before that, it rejects with the signal's reason, also if the attempt that ran then failed. Every failed
 * attempt is logged. A backoff that throws or returns nonsense fails the run with a {@link BackoffError}.
 * @throws InvalidArgumentError if the job is not one, or the backoff or an option is malformed
 */
export function retryJob(job: Job | JobFunc, policy: Backoff | RetryJobOptions): Job {
  return new RetryJobLink(jobLink(job), retryJobPolicy(policy));
}

interface RetryJobPolicy {
  readonly backoff: Backoff;
  readonly maxAttempts: number;
}

const options: Readonly<Record<keyof RetryJobOptions, true>> = { backoff: true, maxAttempts: true };

/**
 * What a policy amounts to, whatever it was given as.
 * @param subject for the message
 * @throws InvalidArgumentError if there is no backoff in it, or an option is malformed or does not exist
 */
export function retryJobPolicy(policy: unknown, subject = "retryJob"): RetryJobPolicy {
  const { backoff, maxAttempts = Number.POSITIVE_INFINITY } = policyOptions(policy, subject, Object.keys(options));
  if (!isCount(maxAttempts)) {
    throw new InvalidArgumentError(`maxAttempts is ${inspect(maxAttempts)}: give a whole number, 1 or more`);
  }
  return { backoff: asBackoff(backoff), maxAttempts };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY) && value >= 1;
}

class RetryJobLink extends JobLink {
  readonly subject: JobLink;
  readonly backoff: Backoff;
  readonly maxAttempts: number;

  constructor(subject: JobLink, { backoff, maxAttempts }: RetryJobPolicy) {
    super();
    this.subject = subject;
    this.backoff = backoff;
    this.maxAttempts = maxAttempts;
  }

  get label(): string {
    return this.subject.label;
  }

  override activity(parent: Activity): Activity {
    return new RetryingJob(parent, this);
  }
}

class RetryingJob extends Retrying<RetryJobLink> {
  protected override get channel(): typeof channels.retry {
    return channels.retry;
  }

  protected override get kind(): string {
    return "retryJob";
  }

  /** An attempt that has timed out is not yet a run that has failed. */
  override failing(): void {}

  protected override ended(outcome: Outcome): void {
    if (!isFailure(outcome)) {
      this.settle(outcome);
    } else if (this.aborted) {
      // Whoever stops a retry is not asking for the error that it would have swallowed.
      new WorkerLogger(this.logger, this.name).error({ err: outcome }, "failed while it stopped, and is not tried again");
      this.settle("stopped");
    } else if (++this.failures >= this.link.maxAttempts) {
      this.settle(outcome);
    } else {
      this.tryAgain(outcome);
      if (this.isHeld) this.reconsider();
    }
  }

  /** A pause holds the further attempts of a run, and an order to run now does not let it wait for its backoff. */
  override reconsider(): void {
    if (!this.sleeping) {
      super.reconsider();
    } else if (this.isHeld) {
      this.sleepForEver();
      this.orders?.rest();
    } else {
      this.sleep(0);
    }
  }

  protected override get phase(): Phase {
    return this.isHeld ? "paused" : "backing off";
  }

  private get isHeld(): boolean {
    return this.orders?.holdsAttempts === true;
  }
}
