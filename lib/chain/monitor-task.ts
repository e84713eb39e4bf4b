import { channels } from "../events/channels.js";
import { eventOutcome } from "../events/events.js";
import { epochOf, timeOf } from "../runtime/epoch.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import { ProblemLog } from "../runtime/problem-log.js";
import { addRuns, hasRun, type Runs } from "../runtime/runs.js";
import type { Task } from "../runtime/task.js";
import { WorkerCommands } from "../runtime/worker-commands.js";
import { type Health, initialStatus, type WorkerStatus } from "../runtime/worker-status.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { NamedTask } from "./named-task.js";
import type { WorkerDefinition } from "./worker-definition.js";

/** A worker with a name, and the chain that runs under it. */
export interface MonitoredDefinition extends WorkerDefinition {
  /** @internal */
  readonly chain: WorkerDefinition;
}

/**
 * Monitors a worker: keeps its health and the counts of its runs since it was first started, and the commands that it was given.
 * When the worker is restarted as a whole, its next task takes them over.
 */
export class MonitorTask extends NamedTask<MonitoredDefinition> {
  #health: Health = "init";
  /** Since when it has that, and when it was last ok; in whole ms, on the clock of the timer queue. */
  #healthSince = Math.round(TimerQueue.current().now());
  #lastSuccess = -1;
  /** The runs that have ended. The task that counts the others adds them to a status itself. */
  #runs: Runs | undefined = undefined;
  #commands: WorkerCommands | undefined = undefined;
  /** Made at the first problem. */
  #problemLog: ProblemLog | undefined = undefined;

  constructor(parent: Task, definition: MonitoredDefinition) {
    super(parent, definition, definition.label);
  }

  /** Continues where the previous task of the same worker has ended. Called before {@link start}. */
  continueFrom(previous: MonitorTask): void {
    this.#health = previous.#health;
    this.#healthSince = previous.#healthSince;
    this.#lastSuccess = previous.#lastSuccess;
    this.#runs = previous.#runs;
    this.#commands = previous.#commands;
    this.#problemLog = previous.#problemLog;
  }

  /** Restores the status that another replica has saved of the same worker. */
  restoreStatus(status: WorkerStatus): void {
    const { health, healthSince, failures, lastError, lastErrorAt, lastErrorStack, runs, missed } = status;
    const { lastStart, lastDuration, lastSuccess } = status;
    this.#health = health;
    if (healthSince !== null) this.#healthSince = timeOf(healthSince);
    this.#lastSuccess = lastSuccess === null ? -1 : timeOf(lastSuccess);
    if (failures > 0 || missed > 0 || lastError !== null) {
      const at = timeOf(lastErrorAt ?? Date.now());
      const error = lastError === null ? undefined : { text: lastError, at, stack: lastErrorStack };
      Object.assign(this.problemLog, { failures, missedRuns: missed, lastError: error });
    }
    if (lastStart !== null)
      this.#runs = {
        count: runs,
        lastStart: timeOf(lastStart),
        lastDuration: lastDuration ?? -1,
        lastSuccess: this.#lastSuccess,
      };
  }

  /** The status to be restored in another replica: without what only the tasks below know while they run. */
  get row(): WorkerStatus {
    const row = initialStatus(this.name);
    this.describeOwn(row);
    return row;
  }

  override start(): void {
    // One that is repeated has a grid, which goes on while it is paused.
    const { isContinuous, chain } = this.definition;
    if (this.#commands?.isPaused === true && isContinuous && !chain.isDistributed && !this.aborted) this.sleepForever();
    else this.startChain();
    if (this.sleeping) this.#commands?.onIdle();
  }

  private startChain(): void {
    if (!this.aborted && channels.start.isObserved) channels.start.publish({ worker: this.name });
    this.startChild(this.definition.chain);
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
      this.#commands.onIdle();
    } else {
      this.cancelSleep();
      this.startChain();
    }
  }

  override exit(outcome: Outcome): void {
    this.#commands?.onWorkerExit(this.name, outcome, this.reason);
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
      this.#lastSuccess = Math.max(this.#lastSuccess, runs.lastSuccess);
      // A run that has not ended does not change the duration of the last one.
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
    // A job says that it is healthy before it is known whether its run succeeds.
    this.report(state, this.definition.isContinuous);
    super.reportHealth(state);
  }

  private report(state: "done" | Error, isSuccess = true): void {
    const previous = this.#health;
    this.#health = state === "done" ? "ok" : "firing";
    const now = Math.round(TimerQueue.current().now());
    if (previous !== this.#health) this.#healthSince = now;
    if (state === "done") {
      if (isSuccess) this.#lastSuccess = now;
      this.#problemLog?.recovered(this);
    }
    const error = isFailure(state) ? state : undefined;
    if (error !== undefined) this.problemLog.remember(error);
    if (previous !== this.#health && channels.health.isObserved) {
      channels.health.publish({ worker: this.name, health: this.#health, previous, error });
    }
  }

  private describeOwn(status: WorkerStatus): void {
    status.health = this.#health;
    status.healthSince = epochOf(this.#healthSince);
    status.attempt = this.attempt;
    if (this.#lastSuccess >= 0) status.lastSuccess = epochOf(this.#lastSuccess);
    status.pause = this.#commands?.pauseStatus ?? null;
    this.#problemLog?.describe(status);
    if (this.#runs !== undefined) addRuns(status, this.#runs);
  }

  override describe(status: WorkerStatus): void {
    this.describeOwn(status);
    super.describe(status);
    this.describeSleep(status, "paused");
  }
}
