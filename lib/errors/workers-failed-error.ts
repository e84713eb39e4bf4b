import { countOf, formatCount, mostErrors, replaceStack, setErrorParts } from "./error-text.js";
import { describeError, errorMessage } from "./read-error.js";
import { isInstanceOf } from "./read-value.js";
import { cutText } from "./show-value.js";
import { defineUnprinted, WatchbillError } from "./watchbill-error.js";

/** The error of one worker or job, and its name. */
export interface Failure {
  readonly worker: string;
  readonly error: Error;
}

/**
 * Some of the workers or jobs that ran together failed. `errors` holds every error, by identity and in the order in which
 * they came, `workers` the names of the failed workers; `cause` is the first error. The message has the first ten errors, and
 * the stack has them with their own stacks.
 */
export class WorkersFailedError extends WatchbillError {
  static {
    this.prototype.name = "WorkersFailedError";
  }

  declare readonly errors: readonly Error[];
  readonly workers: readonly string[];

  constructor(failures: readonly Failure[], kind: "worker" | "job") {
    const headline = `${countOf(failures.length, kind)} failed`;
    const first = failures.slice(0, mostErrors);
    const lines = first.map(line);
    if (failures.length > mostErrors) lines.push(`  and ${formatCount(failures.length - mostErrors)} more`);
    super(`${headline}:\n${lines.join("\n")}`, { cause: failures[0]?.error });
    this.workers = failures.map(({ worker }) => worker);
    setErrorParts(this, {
      headline,
      errors: first.map(({ worker, error }) => [namesItsWorker(error) ? "" : `${worker}: `, error]),
      errorCount: failures.length,
    });
    // What Node prints of an uncaught one is its stack, so that has each error once; the rest of it would have them twice more.
    replaceStack(this);
    const errors = failures.map(({ error }) => error);
    defineUnprinted(this, "errors", errors);
    defineUnprinted(this, "cause", failures[0]?.error);
  }
}

function line({ worker, error }: Failure): string {
  const shown = namesItsWorker(error) ? cutText(errorMessage(error)) : `${worker}: ${describeError(error)}`;
  return `  ${shown.replaceAll("\n", "\n  ")}`;
}

/** The messages of the library's own errors begin with the name of the worker. */
function namesItsWorker(error: Error): boolean {
  return isInstanceOf(error, WatchbillError);
}
