import { cutText } from "./show-value.js";
import { WatchbillError } from "./watchbill-error.js";

/** The number of problems in the message. */
const mostProblems = 100;

/**
 * The arguments of `bootstrap` are not valid. `problems` has every problem, each with a fix, and the message has the first
 * hundred; `cause` is the first error that was thrown meanwhile, such as by a constructor or a container. Nothing has been
 * started.
 */
export class BootstrapError extends WatchbillError {
  static {
    this.prototype.name = "BootstrapError";
  }

  readonly problems: readonly string[];
  /** The errors that were thrown meanwhile, in order and by identity. */
  readonly errors: readonly unknown[];

  constructor(problems: readonly string[], errors: readonly unknown[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const lines = problems.slice(0, mostProblems).map((problem) => `  - ${cutText(problem).replaceAll("\n", "\n    ")}`);
    if (problems.length > mostProblems) lines.push(`  and ${problems.length - mostProblems} more`);
    super(`Nothing was started, because of ${count}:\n${lines.join("\n")}`, errors.length > 0 ? { cause: errors[0] } : {});
    this.problems = problems;
    this.errors = errors;
  }
}
