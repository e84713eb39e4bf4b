import { describeError } from "./foreign-value.js";
import { WatchbillError } from "./watchbill-error.js";

/** One worker's or job's error, and the name of the one whose it is. */
export interface Failure {
  readonly worker: string;
  readonly error: Error;
}

/**
 * Some of the workers or jobs that ran together failed. `errors` holds every error, by identity and in the order in which
 * they came, `workers` the names of those whose they are; `cause` is the first error.
 */
export class WorkersFailedError extends WatchbillError {
  static {
    this.prototype.name = "WorkersFailedError";
  }

  readonly errors: readonly Error[];
  readonly workers: readonly string[];

  constructor(failures: readonly Failure[], kind: "worker" | "job") {
    const count = failures.length === 1 ? `1 ${kind}` : `${failures.length} ${kind}s`;
    super(`${count} failed:\n${failures.map(line).join("\n")}`, { cause: failures[0]?.error });
    this.errors = failures.map(({ error }) => error);
    this.workers = failures.map(({ worker }) => worker);
  }
}

function line({ worker, error }: Failure): string {
  const told = error instanceof WatchbillError ? error.message : `${worker}: ${describeError(error)}`;
  return `  ${told.replaceAll("\n", "\n  ")}`;
}
