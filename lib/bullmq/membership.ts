import type { Seat } from "../context/engine.js";
import type { Logger } from "../context/logger.js";
import { wait } from "../context/wait.js";
import type { WorkerContext } from "../context/worker-context.js";
import { Census } from "./census.js";
import type { Connection } from "./connection.js";
import { replica } from "./holders.js";
import type { OpenQueue } from "./open-queue.js";
import { Turns } from "./turns.js";
import { within } from "./within.js";

export interface MembershipOptions {
  readonly connection: Connection;
  readonly namespace: string;
  /** In ms. */
  readonly lockDuration: number;
  readonly stalledInterval: number;
}

/** How long, in ms, from one census to the next. It takes no more than a twentieth of the time, however many jobs there are. */
const censusPause = { usual: 5_000, wanted: 250, timesItsDuration: 19 };

/** How long, in ms, the database has to answer. */
const patience = 10_000;

/** How many times in a row it may not answer before the connection is made anew. */
const mostSilences = 3;

/** How the workers of this process are connected with their fleet. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #seats: ReadonlyMap<string, Seat>;
  readonly #wanted = new Set<string>();
  readonly #census = new Census();
  readonly #turns: Turns;
  #queue: OpenQueue | undefined;
  /** Ends the pause before the next census. */
  #pause = new AbortController();
  #isHurried = false;
  /** Why it is not connected. */
  #trouble: unknown;
  #tellTrouble = (): void => {};
  #logger: Logger | undefined;

  constructor(options: MembershipOptions, seats: ReadonlyMap<string, Seat>) {
    this.#options = options;
    this.#seats = seats;
    this.#turns = new Turns({
      queue: () => this.#queue,
      seats,
      wanted: this.#wanted,
      lockDuration: options.lockDuration,
      onTrouble: this.#onTrouble,
    });
  }

  /** Resolves once a worker has no turn here, and it is handed back. */
  turnOver(worker: string): Promise<void> {
    return this.#turns.over(worker);
  }

  hurry(worker: string): void {
    this.#wanted.add(worker);
    this.#lookSoon();
  }

  seatsHaveChanged(): void {
    const queue = this.#queue;
    // One more than there are: for a job that has to be left to others.
    queue?.setConcurrency(this.#seats.size + 1);
    const seats = [...this.#seats.values()];
    // What is handed back while all stop is not to be fetched again.
    if (seats.every(({ isStopping }) => isStopping)) void queue?.pause();
    else void queue?.resume();
    this.#lookSoon();
  }

  /** Connects, and looks after the jobs until the signal aborts. Fails if the database cannot be reached. */
  readonly uphold = async ({ signal, logger }: WorkerContext): Promise<void> => {
    this.#logger = logger;
    const { connection, namespace, lockDuration, stalledInterval } = this.#options;
    const { process } = this.#turns;
    let queue: OpenQueue | undefined;
    try {
      queue = await connection.open({ namespace, replica, lockDuration, stalledInterval, process, onError: this.#onTrouble });
      await this.#becomeReady(queue, signal);
      if (signal.aborted) return;
      this.#queue = queue;
      this.seatsHaveChanged();
      logger.info(`is connected with ${connection.shown}`);
      await this.#lookAfterJobs(queue, signal, logger);
    } catch (thrown) {
      throw connection.secrets.errorOf(`${connection.shown} cannot be reached`, thrown);
    } finally {
      this.#queue = undefined;
      await queue?.close();
    }
  };

  /** @throws what went wrong first */
  async #becomeReady(queue: OpenQueue, signal: AbortSignal): Promise<void> {
    const trouble = new Promise<void>((_, reject) => {
      this.#tellTrouble = () => reject(this.#trouble);
    });
    const stopped = wait(patience * 2, { signal });
    await within(patience, Promise.race([queue.ready(), trouble, stopped]));
  }

  async #lookAfterJobs(queue: OpenQueue, signal: AbortSignal, logger: Logger): Promise<void> {
    let silences = 0;
    while (!signal.aborted) {
      const begun = performance.now();
      this.#isHurried = false;
      try {
        await within(patience, this.#census.take(queue, this.#seats, this.#wanted));
        if (silences > 0) logger.info("is connected again");
        silences = 0;
      } catch (thrown) {
        silences++;
        if (silences >= mostSilences && !this.#turns.isBusy) throw thrown;
        if (silences === 1) {
          const { secrets, shown } = this.#options.connection;
          const err = secrets.errorOf(`${shown} does not answer`, thrown);
          logger.error({ err }, "has lost its connection; whoever has a turn goes on until that is over");
        }
      }
      const duration = performance.now() - begun;
      await this.#nextCensus(duration, signal);
    }
  }

  async #nextCensus(duration: number, signal: AbortSignal): Promise<void> {
    if (this.#isHurried || signal.aborted) return;
    const { usual, wanted, timesItsDuration } = censusPause;
    this.#pause = new AbortController();
    const stop = (): void => this.#pause.abort();
    signal.addEventListener("abort", stop);
    await wait(this.#wanted.size > 0 ? wanted : Math.max(usual, duration * timesItsDuration), this.#pause);
    signal.removeEventListener("abort", stop);
  }

  #lookSoon(): void {
    this.#isHurried = true;
    this.#pause.abort();
  }

  readonly #onTrouble = (thrown: unknown): void => {
    this.#trouble = thrown;
    this.#tellTrouble();
    const { secrets } = this.#options.connection;
    this.#logger?.debug({ err: secrets.errorOf("The fleet's database", thrown) }, "has trouble");
  };
}
