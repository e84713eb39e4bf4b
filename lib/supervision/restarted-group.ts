import { NamedTask, NamingDefinition } from "../chain/named.js";
import { retry } from "../chain/retry.js";
import { WorkerDefinition, workerDefinition } from "../chain/worker-definition.js";
import type { DeclarativeWorker, WorkerGroup } from "../declarative-worker.js";
import type { Startable, Task } from "../runtime/task.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { initialStatus, type WorkerStatus } from "../runtime/worker-status.js";
import { Roster, type RosterState } from "./roster.js";
import type { RosterOptions } from "./running-workers.js";

/** The workers of a group that has a retry, for the length of one run: a roster that is made anew at every restart. */
export class RestartedGroup extends NamingDefinition {
  readonly label: string;
  readonly isContinuous = true;
  readonly #retried: WorkerDefinition;
  /** How long, in ms, a worker may take to stop that does not say so itself. */
  readonly #shutdownTimeout: number;
  #workers: DeclarativeWorker[] = [];
  /** Those who are done for good, and are not started again with the rest. */
  readonly #done = new Set<Startable>();
  #roster: Roster | undefined;

  constructor(name: string, policy: NonNullable<WorkerGroup["retry"]>, shutdownTimeout: number) {
    super();
    this.label = name;
    this.#shutdownTimeout = shutdownTimeout;
    this.#retried = workerDefinition(retry(new Together((parent) => this.#incarnate(parent)), policy));
  }

  /** The roster of now; between two restarts, the last one. */
  get roster(): Roster | undefined {
    return this.#roster;
  }

  /** A group is given up on as a whole, and so after the longest time that one of its workers may take. */
  override timeToStop(otherwise: number): number {
    return this.#workers.reduce((longest, worker) => Math.max(longest, worker.timeToStop(otherwise)), 0);
  }

  override createTask(parent: Task): NamedTask {
    return new GroupActivity(parent, this, this.label);
  }

  /** What is started under the group's name. */
  get retried(): WorkerDefinition {
    return this.#retried;
  }

  #incarnate(parent: Task): Roster {
    const { name, logger } = parent;
    const onLate = (err: Error): void => {
      // To start a worker again that has not stopped would be to run it twice. When all stop, others tell of it.
      if (parent.reason !== undefined) return;
      new WorkerLogger(logger, name).warn({ err }, "cannot be restarted before all of it has stopped");
    };
    const options = { shutdownTimeout: this.#shutdownTimeout, onLate, itself: "its group" };
    return (this.#roster = new GroupRoster(parent, this.#workers, options, this.#roster, this.#done));
  }

  /** Whether all have been removed. */
  get isEmpty(): boolean {
    return this.#workers.length === 0;
  }

  get state(): RosterState {
    return this.#roster?.state ?? "stopping";
  }

  /** One more, now and at every restart. */
  enlist(worker: DeclarativeWorker): void {
    this.#workers.push(worker);
    if (this.state === "up") this.#roster?.add([worker]);
  }

  /** The next restart is without that worker. */
  forget(worker: DeclarativeWorker): void {
    this.#workers = this.#workers.filter((other) => other !== worker);
  }

  /** The next start of the group is with that worker, though it may be done. */
  release(worker: DeclarativeWorker): void {
    this.#done.delete(worker);
  }

  /** Restarts the group now, if it waits for that. */
  hurry(): void {
    if (this.state === "backoff") this.#roster?.parent.hurry();
  }

  /** While the group backs off, so does each of its workers, but for those who will not come back or stay paused. */
  describeBackoff(worker: DeclarativeWorker, status: WorkerStatus): void {
    const parent = this.#roster?.parent;
    if (this.state !== "backoff" || parent === undefined || this.#done.has(worker)) return;
    const ofGroup = initialStatus("");
    parent.describe(ofGroup);
    const { phase, nextDue, attempt } = ofGroup;
    const isPaused = this.#roster?.find(worker)?.commands?.isPaused === true;
    Object.assign(status, isPaused ? { phase: "paused", attempt } : { phase, nextDue, attempt });
  }
}

/** Remembers who is done for as long as the group is there, and not only until it has ended. */
class GroupRoster extends Roster {
  readonly #done: Set<Startable>;

  constructor(
    parent: Task,
    workers: readonly DeclarativeWorker[],
    options: RosterOptions,
    previous: Roster | undefined,
    done: Set<Startable>,
  ) {
    super(parent, workers, options, previous);
    this.#done = done;
  }

  override isDone(link: Startable): boolean {
    return this.#done.has(link) || super.isDone(link);
  }

  override setDone(link: Startable, isDone: boolean): void {
    if (isDone) this.#done.add(link);
    else this.#done.delete(link);
    super.setDone(link, isDone);
  }
}

class GroupActivity extends NamedTask<RestartedGroup> {
  override start(): void {
    this.startChild(this.link.retried);
  }
}

class Together extends WorkerDefinition {
  readonly label = "";
  readonly isContinuous = true;
  readonly #incarnate: (parent: Task) => Task;

  constructor(incarnate: (parent: Task) => Task) {
    super();
    this.#incarnate = incarnate;
  }

  override createTask(parent: Task): Task {
    return this.#incarnate(parent);
  }
}
