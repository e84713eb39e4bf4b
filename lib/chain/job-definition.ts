import { className, functionName, hasMethod, isInstanceOf, readProperty, showUnlessText } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { Definition } from "../runtime/definition.js";
import { endWorkerOf, runUnder } from "../runtime/root-task.js";
import type { Task } from "../runtime/task.js";
import type { WorkerContext } from "../runtime/worker-context.js";
import { CallTask } from "./call-task.js";
import { generatorProblem } from "./generator-function.js";
import type { Job, JobFunc } from "./job.js";

/** A link that is a job. */
export abstract class JobDefinition extends Definition implements Job {
  /**
   * Resolves when the job is done; rejects with the signal's reason if it was stopped before that, or with the
   * {@link StopAll} by which it stopped itself.
   * @param context of a worker, or anything that has a signal
   */
  async runOnce(context: WorkerContext): Promise<void> {
    const { outcome, reason } = await runUnder(context, this);
    if (outcome === "stopped") throw reason;
    if (outcome === "completed") endWorkerOf(context);
  }
}

/**
 * The link that a job is, or one that calls it.
 * @throws InvalidArgumentError if it is neither a function nor has a method `runOnce`, or that is a generator
 */
export function jobDefinition(job: Job | JobFunc): JobDefinition {
  if (isInstanceOf(job, JobDefinition)) return job;
  const problem = generatorProblem(typeof job === "function" ? job : readProperty(job, "runOnce"));
  if (problem !== undefined) throw new InvalidArgumentError(`${nameOf(job)} ${problem}`);
  if (typeof job === "function") return new CalledJob(job, functionName(job));
  if (isJob(job)) return new CalledJob((context) => job.runOnce(context), className(job));
  throw new InvalidArgumentError(
    `${showUnlessText(job)} is not a job: pass a function, or an object with a method runOnce(context)`,
  );
}

function nameOf(job: Job | JobFunc): string {
  return typeof job === "function" ? functionName(job) || "A function without a name" : `${className(job) || "A job"}.runOnce`;
}

function isJob(value: unknown): value is Job {
  return typeof value === "object" && hasMethod(value, "runOnce");
}

/** The user's own job. */
class CalledJob extends JobDefinition {
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
