import type { Logger } from "../runtime/logger.js";
import type { Connection } from "./connection.js";

/** Between how many censuses in a row, that succeed, there may be trouble: before that is told, and before the connection is made anew. */
const mostTroubles = { silent: 3, borne: 10 };

/** How many times in a row the database may not answer before the connection is made anew. */
const mostSilences = 3;

/** How it stands with a connection, and what is said of that. */
export class Connectivity {
  readonly #connection: Connection;
  #logger: Logger | undefined;
  #last: unknown;
  #tellFirst = (): void => {};
  /** How many censuses in a row have failed, and between how many there was trouble. */
  #silences = 0;
  #troubles = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Whether the database is known not to answer. */
  get isSilent(): boolean {
    return this.#silences > 0;
  }

  /** Whether it is time for a new connection. */
  get isHopeless(): boolean {
    return this.#silences >= mostSilences || this.#troubles >= mostTroubles.borne;
  }

  /** Why. */
  get reason(): unknown {
    return this.#last;
  }

  begins(logger: Logger): void {
    this.#logger = logger;
    this.#silences = 0;
    this.#troubles = 0;
  }

  /** Rejects with the first thing that goes wrong from now on. */
  firstTrouble(): Promise<never> {
    return new Promise((_, reject) => {
      this.#tellFirst = () => reject(this.#last);
    });
  }

  /** Something went wrong that may be nothing. */
  trouble(thrown: unknown): void {
    this.#last = thrown;
    this.#tellFirst();
    this.#logger?.debug({ err: this.#inWords("The fleet's database", thrown) }, "has trouble");
  }

  /** @param hadTrouble since the answer before */
  answered(hadTrouble: boolean): void {
    if (this.#silences > 0) this.#logger?.info("is connected again");
    this.#silences = 0;
    this.#troubles = hadTrouble ? this.#troubles + 1 : 0;
    if (this.#troubles !== mostTroubles.silent) return;
    const err = this.#inWords(`${this.#connection.shown} answers, and refuses`, this.#last);
    this.#logger?.error({ err }, "is connected, but cannot work");
  }

  silent(thrown: unknown): void {
    this.#last = thrown;
    this.#silences++;
    if (this.#silences > 1) return;
    const err = this.#inWords(`${this.#connection.shown} does not answer`, thrown);
    this.#logger?.error({ err }, "has lost its connection; whoever has a turn goes on until that is over");
  }

  #inWords(problem: string, thrown: unknown): Error {
    return this.#connection.secrets.errorOf(problem, thrown);
  }
}
