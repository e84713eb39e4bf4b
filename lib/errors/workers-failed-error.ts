import { countOf, formatCount, mostErrors, setErrorParts } from "./error-text.js";
import { cutText, describeError, errorMessage, isInstanceOf } from "./foreign-value.js";
import { WatchbillError } from "./watchbill-error.js";

/** One worker's or job's error, and the name of the one whose it is. */
export interface Failure {
  readonly worker: string;
  readonly error: Error;
}

/**
 * Some of the workers or jobs that ran together failed. `errors` holds every error, by identity and in the order in which
 * they came, `workers` the names of those whose they are; `cause` is the first error. The message has the first ten errors.
 */
export class WorkersFailedError extends WatchbillError {
  static {
    this.prototype.name = "WorkersFailedError";
  }

  readonly errors: readonly Error[];
  readonly workers: readonly string[];

  constructor(failures: readonly Failure[], kind: "worker" | "job") {
    const headline = `${countOf(failures.length, kind)} failed`;
    const lines = failures.slice(0, mostErrors).map(line);
    if (failures.length > mostErrors) lines.push(`  and ${formatCount(failures.length - mostErrors)} more`);
    super(`${headline}:\n${lines.join("\n")}`, { cause: failures[0]?.error });
    this.errors = failures.map(({ error }) => error);
    this.workers = failures.map(({ worker }) => worker);
    setErrorParts(this, () => ({
      headline,
      errors: failures.map(({ worker, error }) => [namesItsWorker(error) ? "" : `${worker}: `, error]),
    }));
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
