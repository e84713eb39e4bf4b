import type { Activity } from "../context/activity.js";
import { WorkerLogger } from "../context/worker-logger.js";
import { initialStatus, type WorkerStatus } from "../context/worker-status.js";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { WorkerLink } from "../workers/worker-link.js";
import { Roster } from "./roster.js";

/**
 * The workers of a group that has a retry, for the length of one run: a roster that is made anew at every restart. It is to be
 * put under that retry.
 */
export class RestartedGroup extends WorkerLink {
  readonly label = "";
  readonly isContinuous = true;
  readonly #workers: DeclarativeWorker[];
  /** How long, in ms, a worker may take to stop that does not say so itself. */
  readonly #shutdownTimeout: number;
  #roster: Roster | undefined;

  constructor(workers: readonly DeclarativeWorker[], shutdownTimeout: number) {
    super();
    this.#workers = [...workers];
    this.#shutdownTimeout = shutdownTimeout;
  }

  /** The roster of now; between two restarts, the last one. */
  get roster(): Roster | undefined {
    return this.#roster;
  }

  /** A group is given up on as a whole, and so after the longest time that one of its workers may take. */
  override get timeToStop(): number {
    return Math.max(...this.#workers.map(({ shutdownTimeout = this.#shutdownTimeout }) => shutdownTimeout));
  }

  override activity(parent: Activity): Activity {
    const roster = new Roster(
      parent,
      this.#workers,
      {
        shutdownTimeout: this.#shutdownTimeout,
        // To start a worker again that has not stopped would be to run it twice.
        onLate: (err) => {
          if (parent.reason === undefined) {
            new WorkerLogger(parent.logger, parent.name).warn({ err }, "cannot be restarted before all of it has stopped");
          }
        },
      },
      this.#roster,
    );
    this.#roster = roster;
    return roster;
  }

  /** Whether there is nobody else. */
  isOnly(worker: DeclarativeWorker): boolean {
    return this.#workers.every((other) => other === worker);
  }

  /** The next restart is without that worker. */
  forget(worker: DeclarativeWorker): void {
    this.#workers.splice(this.#workers.indexOf(worker), 1);
  }

  /** While the group backs off, so do its workers. */
  describeBackoff(status: WorkerStatus): void {
    if (this.#roster?.hasSettled !== true) return;
    const ofGroup = initialStatus("");
    this.#roster.parent.describe(ofGroup);
    const { phase, nextDue, attempt } = ofGroup;
    if (phase === "backing off") Object.assign(status, { phase, nextDue, attempt });
  }
}
