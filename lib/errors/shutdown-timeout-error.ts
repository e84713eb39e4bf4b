import { countOf, formatCount, setErrorParts } from "./error-text.js";
import { cutText } from "./foreign-value.js";
import { listNames } from "./list-names.js";
import { WatchbillError } from "./watchbill-error.js";

/** A worker that was told to stop and has not. */
export interface HungWorker {
  readonly worker: string;
  /** What it was doing instead: `"running"`, for example, or `"overdue"`. */
  readonly phase: string;
  /** How long ago it was told to stop, in ms. */
  readonly hungFor: number;
}

/** Some workers were told to stop and did not within the shutdown timeout. They still run: nothing can end them but the process. */
export class ShutdownTimeoutError extends WatchbillError {
  static {
    this.prototype.name = "ShutdownTimeoutError";
  }

  /** The names of all workers that had not stopped; the message has the first twenty. */
  readonly workers: readonly string[];
  /** The same with what each was doing, and for how long. */
  readonly hung: readonly HungWorker[];

  /** @param timeout for the message, written for a person: "30s" */
  constructor(workers: readonly string[], timeout: string, hung: readonly HungWorker[] = []) {
    const names = listNames(workers.map((name) => cutText(name, 200)));
    const problem = `${countOf(workers.length, "worker")} did not stop within ${timeout}: ${names}`;
    const headline = `${problem}. Let each watch context.signal, or raise shutdownTimeout`;
    super(headline);
    this.workers = workers;
    this.hung = hung;
    setErrorParts(this, { headline, lines: linesOf(hung) });
  }
}

const mostLines = 20;

function linesOf(hung: readonly HungWorker[]): string[] {
  const lines = hung.slice(0, mostLines).map(({ worker, phase, hungFor }) => {
    return `${cutText(worker, 200)}: ${phase}, ${Math.round(hungFor / 100) / 10}s after it was asked to stop`;
  });
  return hung.length > mostLines ? [...lines, `and ${formatCount(hung.length - mostLines)} more`] : lines;
}
