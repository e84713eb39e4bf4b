import { inspect } from "node:util";
import { readProperty } from "../errors/read-value.js";
import { toError } from "../errors/thrown-value-error.js";
import type { Logger } from "./logger.js";
import type { Task } from "./task.js";
import { inTransition } from "./transition.js";
import type { WorkerContext } from "./worker-context.js";
import { WorkerLogger } from "./worker-logger.js";

const taskBehind = Symbol("task");

const loggersOfDerived = new WeakMap<object, Logger>();

/** The context that the code of the user sees of a task. */
export class Context implements WorkerContext {
  /** Under a symbol, so that a copy has it too: an object that is derived from a context still belongs to the worker. */
  readonly [taskBehind]: Task;
  /** Private, so that a frozen context has a logger too. */
  #logger: Logger | undefined;

  constructor(task: Task) {
    this[taskBehind] = task;
  }

  /**
   * The task of a context of this library, or of an object that was derived from one; undefined for any other object. Never
   * throws.
   */
  static taskOf(context: object): Task | undefined {
    return isOurs(context) ? context[taskBehind] : undefined;
  }

  get name(): string {
    return this[taskBehind].name;
  }

  get attempt(): number {
    return this[taskBehind].attempt;
  }

  get signal(): AbortSignal {
    return this[taskBehind].signal;
  }

  get logger(): Logger {
    if (#logger in this) return (this.#logger ??= new WorkerLogger(this[taskBehind].logger, this.name));
    // An object that was derived from a context, by `Object.create(context)`.
    const known = loggersOfDerived.get(this);
    if (known !== undefined) return known;
    const { name, [taskBehind]: task }: Context = this;
    const made = new WorkerLogger(task.logger, name);
    loggersOfDerived.set(this, made);
    return made;
  }

  get scheduledAt(): number {
    return this[taskBehind].scheduledAt;
  }

  get fence(): number | undefined {
    return this[taskBehind].fence;
  }

  /** A function that can be destructured, like the other members. */
  get reportHealth(): (error?: unknown) => void {
    // By the number of arguments, because a caught value may be undefined.
    return (...args) => {
      const state = args.length === 0 ? "done" : toError(args[0], this.name);
      inTransition(() => this[taskBehind].reportHealth(state));
    };
  }

  /** Leaves out the tree of tasks, to which the context refers. */
  [inspect.custom](): string {
    return `WorkerContext { name: ${inspect(this.name)}, attempt: ${this.attempt} }`;
  }
}

function isOurs(context: object): context is Pick<Context, typeof taskBehind> {
  return readProperty(context, taskBehind) !== undefined;
}
