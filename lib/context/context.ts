import { inspect } from "node:util";
import { toError } from "../errors/thrown-value-error.js";
import type { Activity } from "./activity.js";
import type { Logger } from "./logger.js";
import type { WorkerContext } from "./worker-context.js";
import { WorkerLogger } from "./worker-logger.js";

const activityBehind = Symbol("activity");

/** The face that an activity shows to the user's code. */
export class Context implements WorkerContext {
  /** By a symbol, so that a copy has it too: what is derived from a context still belongs to the worker. */
  readonly [activityBehind]: Activity;
  private madeLogger: Logger | undefined;

  constructor(activity: Activity) {
    this[activityBehind] = activity;
  }

  /** The activity behind a context that this library made, or behind what was derived from one; undefined for any other. */
  static activityOf(context: object): Activity | undefined {
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
    return (this.madeLogger ??= new WorkerLogger(this[activityBehind].logger, this.name));
  }

  /** A function of its own, so that it can be destructured like the rest. */
  get checkpoint(): (error?: unknown) => void {
    // By the number of arguments: what was caught and is passed on here may well be undefined.
    return (...args) => this[activityBehind].checkpoint(args.length === 0 ? "done" : toError(args[0], this.name));
  }

  /** Without the tree of all that runs, which is behind it. */
  [inspect.custom](): string {
    return `WorkerContext { name: ${inspect(this.name)}, attempt: ${this.attempt} }`;
  }
}

function isOurs(context: object): context is Pick<Context, typeof activityBehind> {
  return activityBehind in context;
}
