import type { Logger } from "../runtime/logger.js";
import type { Connection } from "./connection.js";

/** After how many reconciliations in a row with errors in between that is logged, and the connection is made anew. */
const errorLimits = { log: 3, reconnect: 10 };

/** After how many unanswered reconciliations in a row the connection is made anew. */
const unansweredLimit = 3;

/** Tracks whether the database answers, logs changes, and decides when to reconnect. */
export class ConnectionHealth {
  readonly #connection: Connection;
  #logger: Logger | undefined;
  #lastError: unknown;
  #onFirstError = (): void => {};
  /** Reconciliations in a row that were not answered; and those that were, with errors in between. */
  #unanswered = 0;
  #withErrors = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Whether the database is known not to answer. */
  get isAway(): boolean {
    return this.#unanswered > 0;
  }

  get needsReconnect(): boolean {
    return this.#unanswered >= unansweredLimit || this.#withErrors >= errorLimits.reconnect;
  }

  get lastError(): unknown {
    return this.#lastError;
  }

  /** A new connection begins. */
  connecting(logger: Logger): void {
    this.#logger = logger;
    this.#unanswered = 0;
    this.#withErrors = 0;
  }

  /** Rejects with the first error from now on. */
  firstError(): Promise<never> {
    return new Promise((_, reject) => {
      this.#onFirstError = () => reject(this.#lastError);
    });
  }

  /** Records an error that may be harmless. */
  error(thrown: unknown): void {
    this.#lastError = thrown;
    this.#onFirstError();
    this.#logger?.debug({ err: this.#errorOf("Database error", thrown) }, "had a database error");
  }

  /**
   * Records an answered reconciliation.
   * @param hadError since the one before
   */
  answered(hadError: boolean): void {
    if (this.#unanswered > 0) this.#logger?.info("reconnected");
    this.#unanswered = 0;
    this.#withErrors = hadError ? this.#withErrors + 1 : 0;
    if (this.#withErrors !== errorLimits.log) return;
    const err = this.#errorOf(`${this.#connection.shown} answers with errors`, this.#lastError);
    this.#logger?.error({ err }, "connected, but the database answers with errors");
  }

  /** Records an unanswered reconciliation. */
  unanswered(thrown: unknown): void {
    this.#lastError = thrown;
    this.#unanswered++;
    if (this.#unanswered > 1) return;
    const err = this.#errorOf(`${this.#connection.shown} does not answer`, thrown);
    this.#logger?.error({ err }, "lost its connection; runs under way continue until their locks expire");
  }

  #errorOf(problem: string, thrown: unknown): Error {
    return this.#connection.secrets.errorOf(problem, thrown);
  }
}
