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
 * Runs a job again and again until the context is aborted. Runs never overlap: those that were missed while one ran, or while the event
 * loop was blocked, are coalesced into one, which starts at once. They are counted in the status, and logged. A run that fails ends the
 * worker with its error.
 *
 * With an interval, runs are due on a fixed grid, `start + n · interval`, on a monotonic clock: no drift ever adds up, and setting the
 * wall clock changes nothing. Workers that a runner starts together have the same start. With a {@link Schedule}, they are due at its times
 * on the wall clock, also after that was set: forward, and the times that were jumped over are missed runs; back by more than a minute,
 * and the times come again. Once the schedule has no further time, the worker has completed.
 * @param when the interval between the starts of two runs, in ms or as a duration string, from 1 ms to years; or a schedule
 * @throws InvalidArgumentError if that makes no sense, an option is malformed, or the job is not one
 * @see {@link https://pkg.go.dev/time#Ticker} for the semantics kept from the Go original
 */
export function repeat(when: Duration | Schedule, job: Job | JobFunc, options: RepeatOptions = {}): Worker {
  return new RepeatDefinition(repetition(when, options), jobDefinition(job));
}

/** A repeated job, as it is declared. */
export class RepeatDefinition extends WorkerDefinition {
  readonly #repetition: Repetition;
  readonly job: JobDefinition;

  /** @param repetition one that has been checked */
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
