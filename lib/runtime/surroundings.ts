import type { AsyncScope } from "./async-scope.js";
import type { LeasedRun } from "./leased-run.js";
import type { Logger } from "./logger.js";
import type { Abortable } from "./on-abort.js";
import type { ProblemLog } from "./problem-log.js";
import { Sleeper } from "./sleeper.js";
import type { WorkerCommands } from "./worker-commands.js";

/**
 * What an task can ask of where it runs. What it does not know itself its parent does; the root is its own parent, and
 * overrides whatever looks upwards.
 */
export abstract class Surroundings extends Sleeper {
  abstract readonly parent: Surroundings;

  get name(): string {
    return this.parent.name;
  }

  get attempt(): number {
    return this.parent.attempt;
  }

  /** As it was given: not guarded, and without the worker's name. */
  get logger(): Logger {
    return this.parent.logger;
  }

  get signal(): AbortSignal {
    return this.parent.signal;
  }

  get reason(): unknown {
    return this.parent.reason;
  }

  /** The async context in which the user's code is called. */
  get asyncScope(): AsyncScope {
    return this.parent.asyncScope;
  }

  /** What is written of the worker's problems. */
  get problemLog(): ProblemLog {
    return this.parent.problemLog;
  }

  /** How long a continuous worker has to stay up to be well again, in ms. */
  get resetAfter(): number {
    return this.parent.resetAfter;
  }

  /** The moment at which something begins now, on the clock of the timer queue: the same for those that are begun together. */
  get startTime(): number {
    return this.parent.startTime;
  }

  /** What was ordered by hand for the worker that this is a part of, if anything was. */
  get commands(): WorkerCommands | undefined {
    return this.parent.commands;
  }

  /** The turn of a distributed worker that ends when this waits; undefined for all that wait where they are. */
  get leasedRun(): LeasedRun | undefined {
    return this.parent.leasedRun;
  }

  /** From now on the signal does not say that all is well when the turn is over already, if this is in one. */
  guard(signal: AbortSignal): void {
    this.parent.guard(signal);
  }

  /** Aborts `child`, the root of another tree, together with this one's scope; returns how to call that off. */
  branch(child: Abortable): () => void {
    return this.parent.branch(child);
  }
}
