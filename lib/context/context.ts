import { toError } from "../errors/thrown-value-error.js";
import type { Activity } from "./activity.js";
import type { Logger } from "./logger.js";
import type { WorkerContext } from "./worker-context.js";
import { WorkerLogger } from "./worker-logger.js";

/** The face that an activity shows to the user's code. */
export class Context implements WorkerContext {
  readonly #activity: Activity;
  #logger: Logger | undefined;

  constructor(activity: Activity) {
    this.#activity = activity;
  }

  /** The activity behind a context that this library made; undefined for any other. */
  static activityOf(context: object): Activity | undefined {
    return #activity in context ? context.#activity : undefined;
  }

  get name(): string {
    return this.#activity.name;
  }

  get attempt(): number {
    return this.#activity.attempt;
  }

  get signal(): AbortSignal {
    return this.#activity.signal;
  }

  get logger(): Logger {
    return (this.#logger ??= new WorkerLogger(this.#activity.logger, this.name));
  }

  /** A function of its own, so that it can be destructured like the rest. */
  get checkpoint(): (error?: unknown) => void {
    // By the number of arguments: what was caught and is passed on here may well be undefined.
    return (...args) => this.#activity.checkpoint(args.length === 0 ? "done" : toError(args[0], this.name));
  }
}
