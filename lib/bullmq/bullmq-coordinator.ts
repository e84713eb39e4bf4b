import type { Participant } from "../distributed/engine.js";
import { formatHolder, thisProcess } from "../distributed/holder.js";
import { FleetError } from "../errors/fleet-error.js";
import type { Logger } from "../runtime/logger.js";
import type { WorkerContext } from "../runtime/worker-context.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import type { Pause } from "../runtime/worker-status.js";
import type { Connection } from "./connection.js";
import { ConnectionHealth } from "./connection-health.js";
import { JobProcessor } from "./job-processor.js";
import { RunRequests } from "./job-progress.js";
import { LateWorkers } from "./late-workers.js";
import { Namesakes } from "./namesakes.js";
import type { OpenQueue, QueueOptions } from "./queue.js";
import { ReconcileInterval } from "./reconcile-interval.js";
import { type ReconcileOptions, Reconciler } from "./reconciler.js";
import { SharedCommands } from "./shared-commands.js";
import { within } from "./time-limit.js";
import { workerOf } from "./worker-record.js";

export interface CoordinatorOptions {
  readonly connection: Connection;
  readonly namespace: string;
  /** In ms. */
  readonly lockDuration: number;
  readonly stalledInterval: number;
}

/** How long, in ms, to wait for the database to answer. */
const responseTimeout = 10_000;

/** How long, in ms, to wait for it when the workers stop. */
const leastTimeout = 1_000;

/** How much longer, in ms, for each worker when all are reconciled. */
const responseTimePerWorker = 2;

/**
 * Connects the distributed workers of this process with the other replicas: a {@link JobProcessor} runs the jobs that BullMQ
 * hands to this replica, and a {@link Reconciler} keeps the jobs in the database in step with the workers, at an interval.
 */
export class BullmqCoordinator {
  readonly #options: CoordinatorOptions;
  readonly #participants: ReadonlyMap<string, Participant>;
  readonly #requests = new RunRequests();
  readonly #commands = new SharedCommands(this.#requests);
  readonly #reconciler = new Reconciler();
  readonly #interval = new ReconcileInterval();
  readonly #jobs: JobProcessor;
  readonly #health: ConnectionHealth;
  readonly #late: LateWorkers;
  readonly #namesakes: Namesakes;
  #logger: Logger | undefined;
  #queue: OpenQueue | undefined;
  #hasChanged = false;

  constructor(options: CoordinatorOptions, participants: ReadonlyMap<string, Participant>) {
    this.#options = options;
    this.#participants = participants;
    this.#health = new ConnectionHealth(options.connection);
    this.#late = new LateWorkers(options.lockDuration, options.stalledInterval);
    this.#namesakes = new Namesakes(options.namespace, options.lockDuration);
    this.#jobs = new JobProcessor({
      participants,
      requests: this.#requests,
      lockDuration: options.lockDuration,
      onError: this.#onError,
      onDamaged: this.#onDamaged,
      onReserved: () => this.#interval.skip(),
      namesakes: this.#namesakes,
      replica: formatHolder(thisProcess),
      openQueue: () => this.#queue,
    });
  }

  /** Connects to the database and reconciles until the signal aborts. Rejects if the database cannot be reached. */
  readonly run = async ({ signal, logger }: WorkerContext): Promise<void> => {
    this.#health.connecting(logger);
    this.#late.connecting(logger);
    this.#logger = logger;
    const { connection, namespace, lockDuration, stalledInterval } = this.#options;
    let queue: OpenQueue | undefined;
    try {
      queue = await this.#open(
        {
          namespace,
          replica: formatHolder(thisProcess),
          lockDuration,
          stalledInterval,
          process: this.#jobs.process,
          onError: this.#onError,
          onStalled: this.#onStalled,
        },
        signal,
      );
      const found = await within(responseTimeout, Promise.race([queue.ready(), this.#health.firstError()]), signal);
      // Before the first job is fetched.
      this.#commands.read(found, this.#participants);
      await within(responseTimeout, this.#commands.write(queue), signal);
      queue.start();
      this.#queue = queue;
      this.onParticipantsChanged();
      logger.info(`connected to ${connection.shown}${queue.remark === undefined ? "" : `: ${queue.remark}`}`);
      await this.#reconcileRepeatedly(queue, signal);
      // A command that was given just before the stop.
      if (!this.isAway) await within(leastTimeout, this.#commands.write(queue)).catch(this.#onError);
    } catch (thrown) {
      await this.#close(queue);
      // An error that the stop itself has caused does not count.
      if (signal.aborted) return;
      throw connection.secrets.errorOf(`${connection.shown} cannot be reached`, thrown);
    }
    await this.#close(queue);
  };

  /** A pool of the user may never connect. A queue that opens too late is closed again. */
  async #open(options: QueueOptions, signal: AbortSignal): Promise<OpenQueue> {
    const opening = this.#options.connection.open(options);
    try {
      return await within(responseTimeout, opening, signal);
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

  async #reconcileRepeatedly(queue: OpenQueue, signal: AbortSignal): Promise<void> {
    const participants = this.#participants;
    const { lockDuration } = this.#options;
    const options: ReconcileOptions = {
      queue,
      participants,
      requests: this.#requests,
      lockDuration,
      late: this.#late,
      namesakes: this.#namesakes,
      commands: this.#commands,
      replica: formatHolder(thisProcess),
      loseLease: (worker, before, cause) => this.#jobs.loseLease(worker, before, cause),
      onRepaired: this.#onRepaired,
    };
    while (!signal.aborted) {
      const { hadError } = this.#interval;
      this.#interval.reconciling();
      try {
        const timeout = Math.max(responseTimeout, participants.size * responseTimePerWorker);
        await within(timeout, this.#reconciler.reconcile(options), signal);
        this.#health.answered(hadError);
      } catch (thrown) {
        if (signal.aborted) return;
        this.#health.unanswered(thrown);
      }
      if (this.#health.needsReconnect && !this.#jobs.isBusy) throw this.#health.lastError;
      if (!this.#jobs.isBusy && this.#late.needReconnect(queue.clock.now()))
        throw new FleetError("the database answers, but workers stay late: connecting anew");
      const { isAway } = this;
      const hasRequests = this.#requests.areOpen || this.#commands.hasAwaitedPauses;
      await this.#interval.next({ workers: participants.size, hasRequests, isAway }, signal);
    }
  }

  /** Whether the database cannot be reached, as far as is known. */
  get isAway(): boolean {
    return this.#queue === undefined || this.#health.isAway;
  }

  /** Resolves once a worker, which is leaving, does not run here any more and is handed back. */
  handedBack(worker: string): Promise<void> {
    this.#requests.delete(worker);
    this.#commands.left(worker);
    return this.#jobs.handedBack(worker);
  }

  requestRun(worker: string): void {
    this.#requests.add(worker);
    this.#interval.skip();
  }

  /** The workers with commands that other replicas do not know of yet. */
  get unstoredCommands(): readonly string[] {
    return this.#commands.unstored;
  }

  setPause(worker: string, pause: Pause | null): void {
    this.#commands.setPause(worker, pause);
    this.#interval.skip();
  }

  requestRestart(worker: string): void {
    this.#commands.restart(worker);
    this.#interval.skip();
  }

  whenIdle(worker: string): Promise<void> {
    this.#interval.skip();
    return this.#commands.whenIdle(worker);
  }

  /** A worker has been added. */
  joined(participant: Participant): void {
    this.onParticipantsChanged();
    // Once it can pass on a pause, or the end of one, itself.
    queueMicrotask(() => this.#commands.joined(participant));
  }

  /** Adapts the queue, once for all changes of the current microtask. */
  onParticipantsChanged(): void {
    if (this.#hasChanged) return;
    this.#hasChanged = true;
    queueMicrotask(() => {
      this.#hasChanged = false;
      this.#adaptQueue();
    });
  }

  #adaptQueue(): void {
    const queue = this.#queue;
    // One more than there are workers: for a job that this replica has to leave to the others.
    queue?.setConcurrency(this.#participants.size + 1);
    const participants = [...this.#participants.values()];
    // While all workers stop, the jobs that they hand back are not to be fetched again.
    if (participants.every(({ isStopping }) => isStopping)) void queue?.pause();
    else void queue?.resume();
    this.#interval.skip();
  }

  readonly #onStalled = (jobId: string): void => {
    const worker = workerOf(jobId);
    const participant = worker === undefined ? undefined : this.#participants.get(worker);
    if (worker !== undefined && participant !== undefined)
      new WorkerLogger(participant.logger, worker).warn("stalled on its replica; requeued");
  };

  readonly #onRepaired = (what: string, worker = ""): void => {
    if (this.#logger !== undefined) new WorkerLogger(this.#logger, worker).warn(what);
  };

  readonly #onDamaged = (worker: string): void => {
    this.#reconciler.suspect(worker);
    this.#interval.skip();
  };

  readonly #onError = (thrown: unknown): void => {
    this.#health.error(thrown);
    // The next reconciliation finds out whether the database still answers.
    this.#interval.onError(this.isAway);
  };
}
