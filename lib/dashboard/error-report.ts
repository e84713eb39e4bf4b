import type { Logger } from "../index.js";

/** How long the same problem is not reported again, in ms: requests can cause it as often as anybody likes. */
const timeBetweenReports = 60_000;

/** Logs what goes wrong while requests are answered. Never throws. */
export class ErrorReport {
  readonly #logger: Logger | undefined;
  /** The logger of the worker that listens, which is used if there is no other. */
  listenerLogger: Logger | undefined;
  #lastReport = Number.NEGATIVE_INFINITY;
  #suppressed = 0;

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  add(what: string, error: unknown): void {
    const now = performance.now();
    if (now - this.#lastReport < timeBetweenReports) {
      this.#suppressed++;
      return;
    }
    const more = this.#suppressed > 0 ? `, and ${this.#suppressed} times since the last report` : "";
    this.#lastReport = now;
    this.#suppressed = 0;
    const logger = this.#logger ?? this.listenerLogger;
    try {
      if (logger !== undefined) logger.error({ err: error }, `dashboard: ${what}${more}`);
      // Without its properties, which may hold credentials.
      else
        console.error(
          `watchbill/dashboard: ${what}${more}: ${error instanceof Error ? (error.stack ?? error.message) : typeof error}`,
        );
    } catch {
      // There is no other place to report it.
    }
  }
}
