import type { Participant } from "../distributed/engine.js";
import type { WorkerContext } from "../runtime/worker-context.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { Census } from "./census.js";
import { CensusPace } from "./census-pace.js";
import type { Connection } from "./connection.js";
import { Connectivity } from "./connectivity.js";
import { replica } from "./holders.js";
import type { OpenQueue, OpenTerms } from "./open-queue.js";
import { workerOf } from "./turn-record.js";
import { Turns } from "./turns.js";
import { Wishes } from "./wishes.js";
import { within } from "./within.js";

export interface MembershipOptions {
  readonly connection: Connection;
  readonly namespace: string;
  /** In ms. */
  readonly lockDuration: number;
  readonly stalledInterval: number;
}

/** How long, in ms, the database has to answer. */
const patience = 10_000;

/** How much longer, in ms, for each worker of a census. */
const patienceAWorker = 2;

/** How the workers of this process are connected with their fleet. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #seats: ReadonlyMap<string, Participant>;
  readonly #wishes = new Wishes();
  readonly #census = new Census();
  readonly #turns: Turns;
  #queue: OpenQueue | undefined;
  readonly #pace = new CensusPace();
  #hasChanged = false;
  readonly #connectivity: Connectivity;

  constructor(options: MembershipOptions, seats: ReadonlyMap<string, Participant>) {
    this.#options = options;
    this.#seats = seats;
    this.#connectivity = new Connectivity(options.connection);
    this.#turns = new Turns({
      seats,
      wishes: this.#wishes,
      lockDuration: options.lockDuration,
      onTrouble: this.#onTrouble,
      openQueue: () => this.#queue,
    });
  }

  /** Resolves once a worker has no turn here, and it is handed back. */
  turnOver(worker: string): Promise<void> {
    this.#wishes.delete(worker);
    return this.#turns.over(worker);
  }

  hurry(worker: string): void {
    this.#wishes.add(worker);
    this.#pace.hurry();
  }

  /** There may be many at once. */
  seatsHaveChanged(): void {
    if (this.#hasChanged) return;
    this.#hasChanged = true;
    queueMicrotask(() => {
      this.#hasChanged = false;
      this.#adapt();
    });
  }

  #adapt(): void {
    const queue = this.#queue;
    // One more than there are: for a job that has to be left to others.
    queue?.setConcurrency(this.#seats.size + 1);
    const seats = [...this.#seats.values()];
    // What is handed back while all stop is not to be fetched again.
    if (seats.every(({ isStopping }) => isStopping)) void queue?.pause();
    else void queue?.resume();
    this.#pace.hurry();
  }

  /** Connects, and looks after the jobs until the signal aborts. Fails if the database cannot be reached. */
  readonly uphold = async ({ signal, logger }: WorkerContext): Promise<void> => {
    this.#connectivity.begins(logger);
    const { connection, namespace, lockDuration, stalledInterval } = this.#options;
    const { process } = this.#turns;
    const terms = {
      namespace,
      replica,
      lockDuration,
      stalledInterval,
      process,
      onError: this.#onTrouble,
      onStalled: this.#onStalled,
    };
    let queue: OpenQueue | undefined;
    try {
      queue = await this.#open(terms, signal);
      await this.#becomeReady(queue, signal);
      this.#queue = queue;
      this.seatsHaveChanged();
      logger.info(`is connected with ${connection.shown}`);
      await this.#lookAfterJobs(queue, signal);
    } catch (thrown) {
      await this.#close(queue);
      // What fails while all stop has not failed.
      if (signal.aborted) return;
      throw connection.secrets.errorOf(`${connection.shown} cannot be reached`, thrown);
    }
    await this.#close(queue);
  };

  /** A pool that was passed may never connect. A queue that opens too late is closed again. */
  async #open(terms: OpenTerms, signal: AbortSignal): Promise<OpenQueue> {
    const opening = this.#options.connection.open(terms);
    try {
      return await within(patience, opening, signal);
    } catch (thrown) {
      opening.then((late) => late.close(true)).catch(() => {});
      throw thrown;
    }
  }

  async #close(queue: OpenQueue | undefined): Promise<void> {
    const { isAway } = this;
    this.#queue = undefined;
    await queue?.close(isAway);
  }

  /** @throws what went wrong first */
  async #becomeReady(queue: OpenQueue, signal: AbortSignal): Promise<void> {
    await within(patience, Promise.race([queue.ready(), this.#connectivity.firstTrouble()]), signal);
  }

  /** Whether the database cannot be reached, as far as one knows. */
  get isAway(): boolean {
    return this.#queue === undefined || this.#connectivity.isSilent;
  }

  async #lookAfterJobs(queue: OpenQueue, signal: AbortSignal): Promise<void> {
    const { lockDuration } = this.#options;
    const onForgotten = (worker: string): void => this.#turns.lose(worker);
    const terms = { queue, seats: this.#seats, wishes: this.#wishes, lockDuration, onForgotten };
    while (!signal.aborted) {
      const { hadTrouble } = this.#pace;
      this.#pace.begins();
      try {
        await within(Math.max(patience, this.#seats.size * patienceAWorker), this.#census.take(terms), signal);
        this.#connectivity.answered(hadTrouble);
      } catch (thrown) {
        if (signal.aborted) return;
        this.#connectivity.silent(thrown);
      }
      if (this.#connectivity.isHopeless && !this.#turns.isBusy) throw this.#connectivity.reason;
      await this.#pace.next({ seats: this.#seats.size, isWanted: this.#wishes.areOpen, isAway: this.isAway }, signal);
    }
  }

  readonly #onStalled = (jobId: string): void => {
    const worker = workerOf(jobId);
    const seat = worker === undefined ? undefined : this.#seats.get(worker);
    if (worker !== undefined && seat !== undefined)
      new WorkerLogger(seat.logger, worker).warn("stalled on its replica; requeued");
  };

  readonly #onTrouble = (thrown: unknown): void => {
    this.#connectivity.trouble(thrown);
    // It may be nothing; and if not, it is to be told of.
    this.#pace.troubled(this.isAway);
  };
}
