import type { Job, JobFunc } from "../chain/job.js";
import { jobDefinition } from "../chain/job-definition.js";
import { isCausedBy } from "../errors/foreign-value.js";
import { toError } from "../errors/thrown-value-error.js";
import { WorkersFailedError } from "../errors/workers-failed-error.js";
import { Context } from "../runtime/context.js";
import type { Outcome } from "../runtime/outcome.js";
import { type RunOptions, runUnder } from "../runtime/root-task.js";
import type { Task } from "../runtime/task.js";
import { RunAll } from "./run-all.js";

/**
 * Runs all jobs in parallel and waits for all of them, also when some fail. Rejects with a {@link WorkersFailedError} that
 * holds every error; a job that was stopped before it was done contributes the signal's reason. With the
 * context of a worker that is told to stop, it rejects with that reason alone, if no job failed otherwise.
 * @param options a signal and a logger; a {@link WorkerContext} serves as both, and makes this a part of that worker
 *
 * Rejects with an {@link InvalidArgumentError} if one is not a job; nothing has been started then.
 */
export async function runAllJobs(jobs: Iterable<Job | JobFunc>, options: RunOptions = {}): Promise<void> {
  const links = Array.from(jobs, jobDefinition);
  const { outcome, reason } = await runUnder(options, { createTask: (parent) => new RunAllJobs(parent, links, "job") }).catch(
    (error: unknown) => {
      throw isNothingButStopped(error, options) ? options.signal?.reason : error;
    },
  );
  if (outcome !== "stopped") return;
  // The batch was stopped before it began, and so was each of its jobs.
  const failures = links.map(({ label }, i) => {
    const worker = label || `job ${i + 1}`;
    return { worker, error: toError(reason, worker) };
  });
  throw new WorkersFailedError(failures, "job");
}

class RunAllJobs extends RunAll {
  /** A job that was stopped is not done. */
  protected override onChildExit(outcome: Outcome, member: Task): void {
    super.onChildExit(outcome === "stopped" ? toError(this.reason, member.name) : outcome, member);
  }
}

/** Within a worker that is told to stop, jobs that did no more than comply are a clean stop of the worker. */
function isNothingButStopped(error: unknown, options: RunOptions): boolean {
  if (Context.activityOf(options) === undefined || !(error instanceof WorkersFailedError)) return false;
  return options.signal?.aborted === true && error.errors.every((each) => isCausedBy(each, options.signal?.reason));
}
