import { describeError } from "../errors/foreign-value.js";
import { channels } from "../events/channels.js";
import { eventOutcome } from "../events/event-outcome.js";
import { describeSleep } from "../runtime/describe-sleep.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import { ProblemLog } from "../runtime/problem-log.js";
import { addRuns, hasRun, type Runs } from "../runtime/runs.js";
import type { Task } from "../runtime/task.js";
import { WorkerCommands } from "../runtime/worker-commands.js";
import { type Health, initialStatus, type WorkerStatus } from "../runtime/worker-status.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { NamedTask, NamingDefinition } from "./named.js";
import type { WorkerDefinition } from "./worker-definition.js";

/** A worker whose health is kept, and to whom commands can be given. */
export abstract class MonitoredDefinition extends NamingDefinition {
  /**
   * What is under watch.
   * @internal
   */
  abstract get chain(): WorkerDefinition;

  /** @internal */
  override createTask(parent: Task): MonitorTask {
    return new MonitorTask(parent, this);
  }
}

/**
 * A named worker at work: keeps what its runs and checkpoints have reported since it was first started, and the commands that it
 * was given. Both are handed on to its successor, when it is restarted as a whole.
 */
export class MonitorTask extends NamedTask<MonitoredDefinition> {
  #health: Health = "init";
  /** Those of what has ended. What is running adds its own when it is asked. */
  #runs: Runs | undefined = undefined;
  #commands: WorkerCommands | undefined = undefined;
  /** Made at the first problem. */
  #problemLog: ProblemLog | undefined = undefined;

  constructor(parent: Task, link: MonitoredDefinition) {
    super(parent, link, link.label);
  }

  /** Goes on from where the one that it comes after has ended. Before {@link start}. */
  succeed(predecessor: MonitorTask): void {
    this.#health = predecessor.#health;
    this.#runs = predecessor.#runs;
    this.#commands = predecessor.#commands;
    this.#problemLog = predecessor.#problemLog;
  }

  /** Goes on from where others have come to with the same worker, in other processes. */
  adopt({ health, failures, lastError, runs, missed, lastStart, lastDuration }: WorkerStatus): void {
    this.#health = health;
    if (failures > 0 || missed > 0 || lastError !== null)
      Object.assign(this.problemLog, { failures, lastError, missedRuns: missed });
    if (lastStart === null) return;
    const start = TimerQueue.current().now() - (Date.now() - lastStart);
    this.#runs = { count: runs, lastStart: start, lastDuration: lastDuration ?? -1 };
  }

  /** What is to be adopted elsewhere: without what only those below know while they are at work. */
  get row(): WorkerStatus {
    const row = initialStatus(this.name);
    this.describeOwn(row);
    return row;
  }

  override start(): void {
    // One that is repeated has a grid, which goes on while it is paused.
    if (this.#commands?.isPaused === true && this.link.isContinuous && !this.aborted) this.sleepForever();
    else this.startChain();
    if (this.sleeping) this.#commands?.rest();
  }

  private startChain(): void {
    if (!this.aborted && channels.start.isObserved) channels.start.publish({ worker: this.name });
    this.startChild(this.link.chain);
  }

  override get problemLog(): ProblemLog {
    return (this.#problemLog ??= new ProblemLog());
  }

  /** Its own; or those of the worker that it is a part of. */
  override get commands(): WorkerCommands | undefined {
    return this.#commands ?? super.commands;
  }

  /** Its commands, which can be changed; {@link onCommandsChanged} is to be called after that. */
  ensureCommands(): WorkerCommands {
    return (this.#commands ??= new WorkerCommands());
  }

  override onCommandsChanged(): void {
    if (!this.sleeping) {
      super.onCommandsChanged();
    } else if (this.#commands?.isPaused === true && !this.#commands.wantsRun) {
      this.#commands.rest();
    } else {
      this.cancelSleep();
      this.startChain();
    }
  }

  protected override exit(outcome: Outcome): void {
    this.#commands?.workerEnds(this.name, outcome, this.reason);
    if (channels.exit.isObserved) {
      channels.exit.publish({
        worker: this.name,
        outcome: eventOutcome(outcome),
        error: isFailure(outcome) ? outcome : undefined,
      });
    }
    super.exit(outcome);
  }

  override onRecovered(): void {
    this.report("done");
    super.onRecovered();
  }

  override onRunFailing(error: Error): void {
    this.problemLog.failures++;
    this.problemLog.isRunCounted = true;
    this.report(error);
    super.onRunFailing(error);
  }

  override onRunCompleted(runs: Runs, outcome: Outcome): void {
    const { count = 0, lastDuration = -1 } = this.#runs ?? {};
    if (hasRun(runs)) {
      // One that has not ended leaves what is known of the last that has.
      this.#runs = { ...runs, count: runs.count + count, lastDuration: runs.lastDuration < 0 ? lastDuration : runs.lastDuration };
    }
    if (isFailure(outcome) && !this.problemLog.isRunCounted) this.problemLog.failures++;
    if (this.#problemLog !== undefined) this.#problemLog.isRunCounted = false;
    if (outcome !== "stopped") this.report(outcome === "completed" ? "done" : outcome);
    super.onRunCompleted(runs, outcome);
  }

  override onRunsMissed(count: number): void {
    this.problemLog.missedRuns += count;
    super.onRunsMissed(count);
  }

  override reportHealth(state: "done" | Error): void {
    if (isFailure(state)) this.problemLog.failed(this, state, "reported", "reported a problem");
    this.report(state);
    super.reportHealth(state);
  }

  private report(state: "done" | Error): void {
    const previous = this.#health;
    this.#health = state === "done" ? "ok" : "firing";
    if (state === "done") this.#problemLog?.recovered(this);
    const error = isFailure(state) ? state : undefined;
    if (error !== undefined) this.problemLog.lastError = describeError(error);
    if (previous !== this.#health && channels.health.isObserved) {
      channels.health.publish({ worker: this.name, health: this.#health, previous, error });
    }
  }

  private describeOwn(status: WorkerStatus): void {
    status.health = this.#health;
    status.attempt = this.attempt;
    if (this.#problemLog !== undefined) {
      status.failures = this.#problemLog.failures;
      status.missed = this.#problemLog.missedRuns;
      status.lastError = this.#problemLog.lastError;
    }
    if (this.#runs !== undefined) addRuns(status, this.#runs);
  }

  override describe(status: WorkerStatus): void {
    this.describeOwn(status);
    super.describe(status);
    describeSleep(status, this, "paused");
  }
}
