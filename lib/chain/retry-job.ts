import { asBackoff, policyOptions } from "../backoff/as-backoff.js";
import type { Backoff } from "../backoff/backoff.js";
import { isGiveUp } from "../errors/give-up.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { showUnlessText } from "../errors/show-value.js";
import { channels } from "../events/channels.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import type { RunStart } from "../runtime/runs.js";
import type { Task } from "../runtime/task.js";
import type { Phase } from "../runtime/worker-status.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { BackoffTask } from "./backoff-task.js";
import type { Job, JobFunc } from "./job.js";
import { JobDefinition, jobDefinition } from "./job-definition.js";
import type { RetryReport } from "./next-attempt.js";
import { askRetryIf, parseRetryIf, type RetryIf } from "./retry-if.js";

export interface RetryJobOptions {
  readonly backoff: Backoff;
  /** The number of failed attempts after which the run fails with the last error. Unlimited by default. */
  readonly maxAttempts?: number | undefined;
  /** Called with the error and the number of failed attempts; `false` fails the run with that error at once. */
  readonly retryIf?: RetryIf | undefined;
}

/**
 * Retries one run of a job until it succeeds, and waits for the backoff's `duration(attempt)` before each further attempt. The
 * run fails at once if the job throws a {@link GiveUp} or `retryIf` returns `false`. If the context is aborted before that, the
 * run rejects with the signal's reason, also if the last attempt failed. Failures are logged, repeated ones with level debug. A
 * backoff that throws or does not return a delay fails the run with a {@link BackoffError}.
 * @throws InvalidArgumentError if the job is not a job, or the backoff or an option is malformed
 */
export function retryJob(job: Job | JobFunc, policy: Backoff | RetryJobOptions): Job {
  return new RetryJobDefinition(jobDefinition(job), retryJobPolicy(policy));
}

export interface RetryJobPolicy {
  readonly backoff: Backoff;
  readonly maxAttempts: number;
  readonly retryIf: (error: Error, attempt: number) => unknown;
}

const options: Readonly<Record<keyof RetryJobOptions, true>> = { backoff: true, maxAttempts: true, retryIf: true };

/**
 * Parses a policy, which is a backoff or options.
 * @param subject for the message
 * @throws InvalidArgumentError if there is no backoff in it, or an option is malformed or does not exist
 */
export function retryJobPolicy(policy: unknown, subject = "retryJob"): RetryJobPolicy {
  const given = policyOptions(policy, subject, Object.keys(options));
  const { backoff, maxAttempts = Number.POSITIVE_INFINITY, retryIf } = given;
  if (!isCount(maxAttempts)) {
    throw new InvalidArgumentError(`maxAttempts is ${showUnlessText(maxAttempts)}: pass a whole number, 1 or more`);
  }
  return { backoff: asBackoff(backoff), maxAttempts, retryIf: parseRetryIf(retryIf) };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY) && value >= 1;
}

export class RetryJobDefinition extends JobDefinition {
  readonly subject: JobDefinition;
  readonly backoff: Backoff;
  readonly maxAttempts: number;
  readonly retryIf: RetryJobPolicy["retryIf"];

  constructor(subject: JobDefinition, { backoff, maxAttempts, retryIf }: RetryJobPolicy) {
    super();
    this.subject = subject;
    this.backoff = backoff;
    this.maxAttempts = maxAttempts;
    this.retryIf = retryIf;
  }

  get label(): string {
    return this.subject.label;
  }

  override createTask(parent: Task): Task {
    return new RetryJobTask(parent, this);
  }
}

const jobRetryReport: RetryReport = { what: "attempt", verb: "retrying", remark: () => "", channel: channels.retry };

class RetryJobTask extends BackoffTask<RetryJobDefinition> {
  /** When the next attempt is due, if it waits in this process. */
  #attemptDue: number | undefined = undefined;

  protected override get retryReport(): RetryReport {
    return jobRetryReport;
  }

  protected override get kind(): string {
    return "retryJob";
  }

  override get runStart(): RunStart {
    if (this.failures === 0) return super.runStart;
    return { cause: "retry", due: this.#attemptDue ?? this.leasedRun?.due ?? super.runStart.due };
  }

  protected override tryAgain(failure: Error): void {
    super.tryAgain(failure);
    this.#attemptDue = this.bucket?.queue.dueOf(this);
  }

  /** Reports nothing: an attempt that has timed out is not a run that has failed. */
  override onRunFailing(): void {}

  protected override onChildExit(outcome: Outcome): void {
    if (!isFailure(outcome)) {
      if (outcome === "done" && this.failures > 0) this.onRecovered();
      this.exit(outcome);
    } else if (this.aborted) {
      // A caller that stops a retry does not expect the error that would have been retried.
      this.problemLog.failedFinally(this, outcome, "failed while stopping, and is not retried");
      this.exit("stopped");
    } else {
      this.failures++;
      const finalOutcome = this.outcomeIfGivingUp(outcome);
      if (finalOutcome !== undefined) {
        this.exit(finalOutcome);
        return;
      }
      this.tryAgain(outcome);
      if (this.isHeld) this.onCommandsChanged();
    }
  }

  /** How the run ends if the policy gives up; undefined if there is another attempt. */
  private outcomeIfGivingUp(failure: Error): Outcome | undefined {
    const { maxAttempts, retryIf } = this.definition;
    const fields = { attempt: this.failures };
    if (isGiveUp(failure)) {
      this.problemLog.gaveUpRun(this, failure, `failed (attempt ${this.failures}), giving up this run`, fields);
      return failure;
    }
    if (this.failures >= maxAttempts) {
      const attempts = maxAttempts === 1 ? "1 attempt" : `${maxAttempts} attempts`;
      this.problemLog.gaveUpRun(this, failure, `failed, giving up this run after ${attempts}`, fields);
      return failure;
    }
    return askRetryIf(retryIf, this, failure, this.failures, "run");
  }

  /** A pause holds the further attempts of a run, and a requested run ends its backoff. */
  override onCommandsChanged(): void {
    if (!this.sleeping) {
      super.onCommandsChanged();
    } else if (this.isHeld) {
      this.sleepForever();
      this.commands?.onIdle();
    } else {
      this.#attemptDue = TimerQueue.current().now();
      this.sleep(0);
    }
  }

  protected override get phase(): Phase {
    return this.isHeld ? "paused" : "backoff";
  }

  private get isHeld(): boolean {
    return this.commands?.holdsAttempts === true;
  }
}
