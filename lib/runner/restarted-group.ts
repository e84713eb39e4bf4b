import { retry } from "../chain/retry.js";
import { WorkerDefinition, workerDefinition } from "../chain/worker-definition.js";
import type { DeclarativeWorker, WorkerGroup } from "../declarative-worker.js";
import type { Definition, Task } from "../runtime/task.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { initialStatus, type WorkerStatus } from "../runtime/worker-status.js";
import { longestTimeToStop } from "../supervision/group.js";
import { Supervisor, type SupervisorState } from "../supervision/supervisor.js";

/**
 * The workers of a class with a retry, during one run of the runner: a supervisor under a retry, created anew at every restart.
 */
export class RestartedGroup extends WorkerDefinition {
  readonly label: string;
  readonly isContinuous = true;
  readonly #chain: WorkerDefinition;
  /** How long a worker may take to stop that does not say so itself, in ms. */
  readonly #shutdownTimeout: number;
  #workers: DeclarativeWorker[] = [];
  /** The workers that have completed, and are not started again with the others. */
  readonly #completed = new Set<Definition>();
  #supervisor: Supervisor | undefined;

  constructor(name: string, policy: NonNullable<WorkerGroup["retry"]>, shutdownTimeout: number) {
    super();
    this.label = name;
    this.#shutdownTimeout = shutdownTimeout;
    this.#chain = workerDefinition(retry(new GroupAttempt((parent) => this.#createSupervisor(parent)), policy));
  }

  override createTask(parent: Task): Task {
    return this.#chain.createTask(parent);
  }

  #createSupervisor(parent: Task): Supervisor {
    const { name, logger } = parent;
    const onHung = (err: Error): void => {
      // To restart a worker that has not stopped would be to run it twice. When all stop, the runner names it.
      if (parent.reason !== undefined) return;
      new WorkerLogger(logger, name).warn({ err }, "cannot be restarted before all of it has stopped");
    };
    const options = { title: "its group", shutdownTimeout: this.#shutdownTimeout, onHung, completed: this.#completed };
    return (this.#supervisor = new Supervisor(parent, this.#workers, options, this.#supervisor));
  }

  /** A group is left behind as a whole, and so after the longest time that one of its workers may take. */
  override timeToStop(otherwise: number): number {
    return longestTimeToStop(this.#workers, otherwise);
  }

  /** The current supervisor; between two restarts, the last one. */
  get supervisor(): Supervisor | undefined {
    return this.#supervisor;
  }

  get state(): SupervisorState {
    return this.#supervisor?.state ?? "stopping";
  }

  get isEmpty(): boolean {
    return this.#workers.length === 0;
  }

  /** Adds a worker, now and at every restart. One that has completed is started again. */
  add(worker: DeclarativeWorker): void {
    this.#completed.delete(worker);
    this.#workers.push(worker);
    if (this.state === "running") this.#supervisor?.add([worker]);
  }

  /** The next restart is without that worker. */
  remove(worker: DeclarativeWorker): void {
    this.#workers = this.#workers.filter((other) => other !== worker);
  }

  /** Restarts the group now if it is in backoff. */
  endBackoff(): void {
    this.#supervisor?.parent.wakeEarly();
  }

  /** While the group is in backoff, so is each of its workers, except those that have completed or are paused. */
  describeBackoff(worker: DeclarativeWorker, status: WorkerStatus): void {
    const parent = this.#supervisor?.parent;
    if (this.state !== "backoff" || parent === undefined || this.#completed.has(worker)) return;
    const ofGroup = initialStatus("");
    parent.describe(ofGroup);
    const { phase, nextDue, attempt } = ofGroup;
    const isPaused = this.#supervisor?.find(worker)?.commands?.isPaused === true;
    Object.assign(status, isPaused ? { phase: "paused", attempt } : { phase, nextDue, attempt });
  }
}

/** What the retry of a group starts again. */
class GroupAttempt extends WorkerDefinition {
  readonly label = "";
  readonly isContinuous = true;
  readonly #createSupervisor: (parent: Task) => Supervisor;

  constructor(createSupervisor: (parent: Task) => Supervisor) {
    super();
    this.#createSupervisor = createSupervisor;
  }

  override createTask(parent: Task): Task {
    return this.#createSupervisor(parent);
  }
}
