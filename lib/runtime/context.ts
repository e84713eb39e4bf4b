import { inspect } from "node:util";
import { readProperty } from "../errors/foreign-value.js";
import { toError } from "../errors/thrown-value-error.js";
import type { Logger } from "./logger.js";
import type { Task } from "./task.js";
import type { WorkerContext } from "./worker-context.js";
import { WorkerLogger } from "./worker-logger.js";

const activityBehind = Symbol("task");

const loggersOfDerived = new WeakMap<object, Logger>();

/** The face that an task shows to the user's code. */
export class Context implements WorkerContext {
  /** By a symbol, so that a copy has it too: what is derived from a context still belongs to the worker. */
  readonly [activityBehind]: Task;
  /** Not a property: a context that is frozen has a logger, too. */
  #logger: Logger | undefined;

  constructor(task: Task) {
    this[activityBehind] = task;
  }

  /**
   * The task behind a context that this library made, or behind what was derived from one; undefined for any other. Never
   * throws.
   */
  static activityOf(context: object): Task | undefined {
    return isOurs(context) ? context[activityBehind] : undefined;
  }

  get name(): string {
    return this[activityBehind].name;
  }

  get attempt(): number {
    return this[activityBehind].attempt;
  }

  get signal(): AbortSignal {
    return this[activityBehind].signal;
  }

  get logger(): Logger {
    if (#logger in this) return (this.#logger ??= new WorkerLogger(this[activityBehind].logger, this.name));
    // Derived from a context: `Object.create(context)`.
    const known = loggersOfDerived.get(this);
    if (known !== undefined) return known;
    const { name, [activityBehind]: task }: Context = this;
    const made = new WorkerLogger(task.logger, name);
    loggersOfDerived.set(this, made);
    return made;
  }

  /** A function of its own, so that it can be destructured like the rest. */
  get reportHealth(): (error?: unknown) => void {
    // By the number of arguments: what was caught and is passed on here may well be undefined.
    return (...args) => this[activityBehind].reportHealth(args.length === 0 ? "done" : toError(args[0], this.name));
  }

  /** Without the tree of all that runs, which is behind it. */
  [inspect.custom](): string {
    return `WorkerContext { name: ${inspect(this.name)}, attempt: ${this.attempt} }`;
  }
}

function isOurs(context: object): context is Pick<Context, typeof activityBehind> {
  return readProperty(context, activityBehind) !== undefined;
}
