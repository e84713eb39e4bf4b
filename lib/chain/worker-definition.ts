import { isInstanceOf } from "../errors/read-value.js";
import { completeWorkerOf, runUnder } from "../runtime/root-task.js";
import type { Task } from "../runtime/task.js";
import type { WorkerContext } from "../runtime/worker-context.js";
import { WorkerCallTask } from "./call-task.js";
import { NamedTask } from "./named-task.js";
import type { Repetition } from "./repetition.js";
import { parseCode } from "./user-code.js";
import type { Worker, WorkerFunc } from "./worker.js";

/** A worker as it is declared. */
export abstract class WorkerDefinition implements Worker {
  /**
   * The name of a worker that has none of its own: that of the function or class at the end of the chain, or "".
   * @internal
   */
  abstract readonly label: string;

  /**
   * Whether it runs until it is stopped, and is healthy as long as it stays up. A repeated job is healthy when its runs succeed.
   * @internal
   */
  abstract readonly isContinuous: boolean;

  /**
   * How it is repeated; undefined for a continuous worker.
   * @internal
   */
  get repetition(): Repetition | undefined {
    return undefined;
  }

  /**
   * Whether an engine decides when it runs in this process. It is then part of the engine also while it is paused.
   * @internal
   */
  get isDistributed(): boolean {
    return false;
  }

  /**
   * Whether it is restarted by a retry of its own.
   * @internal
   */
  get hasRetry(): boolean {
    return false;
  }

  /**
   * How long it may take to stop, in ms.
   * @param otherwise if it does not say so itself
   * @internal
   */
  timeToStop(otherwise: number): number {
    return otherwise;
  }

  /** @internal */
  abstract createTask(parent: Task): Task;

  /**
   * Creates the task that runs this as a child of a supervisor.
   * @param fallbackName if it has no name of its own
   * @internal
   */
  createNamedTask(parent: Task, fallbackName: string): NamedTask<WorkerDefinition> {
    return new NamedTask(parent, this, this.label || fallbackName);
  }

  /**
   * Resolves when the worker has returned, or has stopped after an abort. If it has completed, the worker whose context this is
   * completes too, by a {@link DoNotRestart}.
   * @param context of a worker, or any object with a signal
   */
  async run(context: WorkerContext): Promise<void> {
    const { outcome } = await runUnder(context, this);
    if (outcome === "completed") completeWorkerOf(context);
  }
}

/** A worker around another that changes how that runs, and not what it is. */
export abstract class RefiningDefinition extends WorkerDefinition {
  readonly subject: WorkerDefinition;

  constructor(subject: WorkerDefinition) {
    super();
    this.subject = subject;
  }

  get label(): string {
    return this.subject.label;
  }

  get isContinuous(): boolean {
    return this.subject.isContinuous;
  }

  override get repetition(): Repetition | undefined {
    return this.subject.repetition;
  }

  override get hasRetry(): boolean {
    return this.subject.hasRetry;
  }

  override timeToStop(otherwise: number): number {
    return this.subject.timeToStop(otherwise);
  }
}

/**
 * The definition that a worker is, or one that calls it.
 * @throws InvalidArgumentError if it is neither a function nor has a method `run`, or that is a generator
 */
export function workerDefinition(worker: Worker | WorkerFunc): WorkerDefinition {
  if (isInstanceOf(worker, WorkerDefinition)) return worker;
  const { call, label } = parseCode(worker, "worker", "run");
  return new WorkerCallDefinition(call, label);
}

/** A continuous worker in the code of the user. */
class WorkerCallDefinition extends WorkerDefinition {
  readonly isContinuous = true;
  readonly label: string;
  readonly #code: WorkerFunc;

  constructor(code: WorkerFunc, label: string) {
    super();
    this.#code = code;
    this.label = label;
  }

  override createTask(parent: Task): Task {
    return new WorkerCallTask(parent, this.#code);
  }
}
