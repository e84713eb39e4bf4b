import { WatchbillError } from "./watchbill-error.js";

/** One thing that is wrong with what `bootstrap` was given, in words that say what to do, and what was thrown, if anything was. */
export interface Problem {
  readonly message: string;
  readonly cause?: unknown;
}

/**
 * What was given to `bootstrap` cannot run. `problems` has everything that is wrong at once; `cause` is the first error that
 * was thrown on the way, by a constructor or a container, say. Nothing has been started.
 */
export class BootstrapError extends WatchbillError {
  static {
    this.prototype.name = "BootstrapError";
  }

  readonly problems: readonly string[];
  /** Whatever was thrown on the way, in order, by identity. */
  readonly errors: readonly unknown[];

  constructor(problems: readonly Problem[]) {
    const thrown = problems.filter((problem) => "cause" in problem).map(({ cause }) => cause);
    const heading = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const lines = problems.map(({ message }) => `  - ${message.replaceAll("\n", "\n    ")}`);
    super(`Nothing was started, because of ${heading}:\n${lines.join("\n")}`, thrown.length > 0 ? { cause: thrown[0] } : {});
    this.problems = problems.map(({ message }) => message);
    this.errors = thrown;
  }
}
