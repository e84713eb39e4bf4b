import { isInstanceOf } from "../errors/read-value.js";
import { completeWorkerOf, runUnder } from "../runtime/root-task.js";
import type { Task } from "../runtime/task.js";
import type { WorkerContext } from "../runtime/worker-context.js";
import { CallTask } from "./call-task.js";
import type { Job, JobFunc } from "./job.js";
import { NamedTask } from "./named-task.js";
import { parseCode } from "./user-code.js";

/** A job as it is declared. */
export abstract class JobDefinition implements Job {
  /** The name of the function or class at the end of the chain, or "". */
  abstract readonly label: string;

  abstract createTask(parent: Task): Task;

  /** Creates the task that runs this as a child of a supervisor. */
  createNamedTask(parent: Task, fallbackName: string): NamedTask<JobDefinition> {
    return new NamedTask(parent, this, this.label || fallbackName);
  }

  /** A job has no deadline of its own. */
  timeToStop(otherwise: number): number {
    return otherwise;
  }

  /**
   * Resolves when the job has run; rejects with the signal's reason if it was stopped before that, or with the {@link StopAll} by
   * which it stopped itself.
   * @param context of a worker, or any object with a signal
   */
  async runOnce(context: WorkerContext): Promise<void> {
    const { outcome, reason } = await runUnder(context, this);
    if (outcome === "stopped") throw reason;
    if (outcome === "completed") completeWorkerOf(context);
  }
}

/**
 * The definition that a job is, or one that calls it.
 * @throws InvalidArgumentError if it is neither a function nor has a method `runOnce`, or that is a generator
 */
export function jobDefinition(job: Job | JobFunc): JobDefinition {
  if (isInstanceOf(job, JobDefinition)) return job;
  const { call, label } = parseCode(job, "job", "runOnce");
  return new JobCallDefinition(call, label);
}

/** A job in the code of the user. */
class JobCallDefinition extends JobDefinition {
  readonly label: string;
  readonly #code: JobFunc;

  constructor(code: JobFunc, label: string) {
    super();
    this.#code = code;
    this.label = label;
  }

  override createTask(parent: Task): Task {
    return new CallTask(parent, this.#code);
  }
}
