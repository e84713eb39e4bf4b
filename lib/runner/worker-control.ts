import { MonitorTask } from "../chain/monitor-task.js";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import type { CommandEvent } from "../events/events.js";
import type { Subject } from "../runtime/problem-log.js";
import { limitPause } from "../supervision/limit-pause.js";
import type { Supervisor, SupervisorState } from "../supervision/supervisor.js";
import { type CommandOptions, publishCommand } from "./command-options.js";
import type { RestartedGroup } from "./restarted-group.js";

type SupervisorStates = readonly SupervisorState[];

/**
 * Carries out commands for one worker of a runner. All commands throw or reject with a {@link WorkerNotRunningError} if the
 * runner does not run.
 */
export class WorkerControl {
  readonly #worker: DeclarativeWorker;
  readonly #subject: Subject;
  readonly #outermost: Supervisor;
  readonly #group: RestartedGroup | undefined;
  readonly #options: CommandOptions;

  /**
   * @param subject the worker as it appears in the log and in events
   * @param group the group that the worker is restarted with, if there is one
   * @param options of the command
   */
  constructor(
    worker: DeclarativeWorker,
    subject: Subject,
    outermost: Supervisor,
    group: RestartedGroup | undefined,
    options: CommandOptions,
  ) {
    this.#worker = worker;
    this.#subject = subject;
    this.#outermost = outermost;
    this.#group = group;
    this.#options = options;
  }

  /** The supervisor of the worker; another one after every restart of its group. */
  get #supervisor(): Supervisor {
    return this.#group?.supervisor ?? this.#outermost;
  }

  /** Runs a repeated worker now; the promise settles with that run. */
  trigger(): Promise<void> {
    this.#check("triggered", ["running", "backoff"]);
    this.#refuseIfCompleted("triggered");
    if (this.#worker.isContinuous) {
      throw new InvalidArgumentError(
        `${this.#subject.name} cannot be triggered: it is not a repeated job, but runs until it is stopped; restart it instead`,
      );
    }
    this.#publish("trigger");
    // Requested before the backoff of the group ends: the run with which the group starts is the one.
    const run = this.#task("triggered").ensureCommands().requestRun();
    this.#group?.endBackoff();
    this.#task("triggered").onCommandsChanged();
    return run;
  }

  /**
   * Keeps the worker from running. Resolves when nothing of it runs: a repeated worker ends its run, a continuous one is stopped.
   */
  pause(): Promise<void> {
    const task = this.#check("paused", this.#pausableStates);
    this.#refuseIfCompleted("paused");
    const supervisor = this.#supervisor;
    const commands = task.ensureCommands();
    // A distributed worker ends its leased run itself, as it does for a pause on another replica.
    const isStopped =
      this.#worker.isContinuous && this.#worker.distributed !== true && !task.sleeping && supervisor.state === "running";
    const isOverruling = isStopped && supervisor.stopReasonOf(task) !== "paused";
    if (commands.pause(this.#options) || isOverruling) this.#publish("pause");
    if (isStopped) {
      return supervisor.stopChild("paused", task, () => supervisor.replace(task));
    }
    const isFirst = !commands.isIdleAwaited;
    const idle = commands.whenIdle();
    if (isFirst) limitPause(task, commands, supervisor.timeToStop(task));
    if (task.busy) task.onCommandsChanged();
    // A run that was requested before still comes when the worker is started.
    else if (!commands.wantsRun) commands.onIdle();
    return idle;
  }

  resume(): void {
    const task = this.#check("resumed", this.#pausableStates);
    this.#refuseIfCompleted("resumed");
    if (task.commands?.isPaused !== true) return;
    this.#publish("resume");
    task.commands.resume(task.name);
    this.#supervisor.resumeChild(task);
    task.onCommandsChanged();
  }

  /** Stops the worker and starts it anew, also if it has completed. */
  restart(): Promise<void> {
    const supervisor = this.#supervisor;
    const task = this.#check("restarted", ["running", "backoff", "exited"]);
    const isPaused = task.commands?.isPaused === true;
    if (isPaused || supervisor.stopReasonOf(task) !== "restarted") this.#publish("restart");
    if (isPaused) task.commands.resume(task.name);
    // It may run on another replica. If its task here has ended, the next one passes it on.
    if (this.#worker.distributed === true) task.ensureCommands().restart();
    if (task.busy) task.onCommandsChanged();
    supervisor.setCompleted(this.#worker, false);
    if (this.#group !== undefined && supervisor.state !== "running") {
      // It is started with its group, which is started again for this worker if all of it had completed.
      const whole = this.#outermost.find(this.#group);
      if (supervisor.state === "backoff") this.#group.endBackoff();
      else if (whole !== undefined) this.#outermost.replace(whole);
      return Promise.resolve();
    }
    if (supervisor.hasChildExited(task)) {
      supervisor.replace(task);
      return Promise.resolve();
    }
    return supervisor
      .stopChild("restarted", task, () => supervisor.replace(task))
      .then(() => {
        if (supervisor.state === "running") return;
        throw new WorkerNotRunningError(task.name, "restarted", "the runner was stopped meanwhile");
      });
  }

  /**
   * Stops the worker and removes it.
   * @param onRemoved called when it has exited, however long that takes
   */
  remove(onRemoved: () => void): Promise<void> {
    const supervisor = this.#supervisor;
    const child = supervisor.find(this.#worker);
    const remove = (): void => {
      if (child !== undefined) supervisor.remove(child);
      onRemoved();
    };
    if (child === undefined || supervisor.stopReasonOf(child) !== "removed") this.#publish("remove");
    if (child !== undefined && !supervisor.hasChildExited(child)) return supervisor.stopChild("removed", child, remove);
    remove();
    return Promise.resolve();
  }

  /** A distributed worker whose group is in a backoff has left its engine, and could not pass a pause on to other replicas. */
  get #pausableStates(): SupervisorStates {
    return this.#worker.distributed === true ? ["running", "stopping"] : ["running", "stopping", "backoff"];
  }

  /** @param states in which its supervisor may be; outside of a group only the first */
  #check(action: string, [first, ...others]: SupervisorStates): MonitorTask {
    const { name } = this.#subject;
    const { state } = this.#supervisor;
    if (this.#outermost.state !== "running") {
      const obstacle = this.#outermost.state === "stopping" ? "the runner is being stopped" : "the runner has stopped";
      throw new WorkerNotRunningError(name, action, obstacle);
    }
    if (state !== first && !others.includes(state)) {
      const obstacle = state === "exited" ? "its group has completed" : "its group is being restarted";
      throw new WorkerNotRunningError(name, action, obstacle);
    }
    return this.#task(action);
  }

  #task(action: string): MonitorTask {
    const task = this.#supervisor.find(this.#worker);
    if (task instanceof MonitorTask) return task;
    throw new WorkerNotRunningError(this.#subject.name, action, "it does not run");
  }

  #refuseIfCompleted(action: string): void {
    const supervisor = this.#supervisor;
    const hasCompleted =
      supervisor.state === "running" ? supervisor.hasChildExited(this.#task(action)) : supervisor.isCompleted(this.#worker);
    if (!hasCompleted) return;
    throw new WorkerNotRunningError(this.#subject.name, action, "it has completed; restart it to run it again");
  }

  #publish(command: CommandEvent["command"]): void {
    publishCommand(this.#subject, command, this.#options);
  }
}
