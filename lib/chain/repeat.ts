import type { Task } from "../runtime/task.js";
import type { Duration } from "../timers/duration.js";
import type { Job, JobFunc } from "./job.js";
import { type JobDefinition, jobDefinition } from "./job-definition.js";
import { RepeatTask } from "./repeat-task.js";
import { type RepeatOptions, type Repetition, repetition } from "./repetition.js";
import type { Schedule } from "./schedule.js";
import type { Worker } from "./worker.js";
import { WorkerDefinition } from "./worker-definition.js";

/**
 * Runs a job again and again until the context is aborted. Runs never overlap: runs that were missed while one was under way, or
 * while the event loop was blocked, are coalesced into one, which starts at once. They are counted in the status, and logged. A
 * run that fails ends the worker with its error.
 *
 * With an interval, runs are due on a fixed grid, `start + n · interval`, on a monotonic clock: there is no drift, and setting
 * the wall clock changes nothing. Workers that a runner starts together have the same start. With a {@link Schedule}, they are
 * due at its times on the wall clock. If the clock is set forward, the times in between are missed runs; if it is set back by
 * more than a minute, the times come again. When the schedule has no further time, the worker has completed.
 * @param when the interval between the starts of two runs, in ms or as a duration string, from 1 ms to years; or a schedule
 * @throws InvalidArgumentError if the interval, the schedule, an option or the job is malformed
 * @see {@link https://pkg.go.dev/time#Ticker} for the semantics kept from the Go original
 */
export function repeat(when: Duration | Schedule, job: Job | JobFunc, options: RepeatOptions = {}): Worker {
  return new RepeatDefinition(repetition(when, options), jobDefinition(job));
}

/** A repeated job. */
export class RepeatDefinition extends WorkerDefinition {
  readonly #repetition: Repetition;
  readonly job: JobDefinition;

  /** @param repetition as {@link repetition} returns it */
  constructor(repetition: Repetition, job: JobDefinition) {
    super();
    this.#repetition = repetition;
    this.job = job;
  }

  override get repetition(): Repetition {
    return this.#repetition;
  }

  get label(): string {
    return this.job.label;
  }

  get isContinuous(): boolean {
    return false;
  }

  override createTask(parent: Task): Task {
    return new RepeatTask(parent, this);
  }
}
