import { countOf, formatCount, setErrorParts } from "./error-text.js";
import { listNames } from "./list-names.js";
import { cutText } from "./show-value.js";
import { WatchbillError } from "./watchbill-error.js";

/** A worker that has not stopped. */
export interface HungWorker {
  readonly worker: string;
  /** What it is doing, such as `"running"` or `"overdue"`. */
  readonly phase: string;
  /** How long ago it was asked to stop, in ms. */
  readonly hungFor: number;
}

/** Some workers did not stop within the shutdown timeout. They still run: only the end of the process can end them. */
export class ShutdownTimeoutError extends WatchbillError {
  static {
    this.prototype.name = "ShutdownTimeoutError";
  }

  /** The names of all workers that had not stopped; the message has the first twenty. */
  readonly workers: readonly string[];
  /** The same workers, with what each is doing and for how long. */
  readonly hung: readonly HungWorker[];

  /** @param timeout for the message: "30s" */
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
