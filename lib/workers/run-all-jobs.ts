import type { Activity, Outcome } from "../context/activity.js";
import type { Link } from "../context/link.js";
import { toError } from "../errors/thrown-value-error.js";
import { type RunOptions, runUnder } from "./bridge.js";
import type { Job, JobFunc } from "./job.js";
import { JobLink, jobLink } from "./job-link.js";
import { RunAll } from "./run-all.js";

/**
 * Runs all jobs in parallel and waits for all of them, also when some fail. Rejects with a {@link WorkersFailedError} that
 * holds every error; a job that was stopped before it was done contributes the signal's reason.
 * @param options a signal and a logger; a {@link WorkerContext} serves as both, and makes this a part of that worker
 *
 * Rejects with an {@link InvalidArgumentError} if one is not a job; nothing has been started then.
 */
export async function runAllJobs(jobs: Iterable<Job | JobFunc>, options: RunOptions = {}): Promise<void> {
  await runUnder(options, new Batch(Array.from(jobs, jobLink)));
}

class Batch extends JobLink {
  readonly label = "";
  readonly #links: readonly Link[];

  constructor(links: readonly Link[]) {
    super();
    this.#links = links;
  }

  override activity(parent: Activity): Activity {
    return new RunAllJobs(parent, this.#links, "job");
  }
}

class RunAllJobs extends RunAll {
  protected override errorOf(outcome: Outcome, member: Activity): Error | undefined {
    if (outcome === "stopped") return toError(this.reason, member.name);
    return outcome instanceof Error ? outcome : undefined;
  }
}
