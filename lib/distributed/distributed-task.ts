import { describeAttempts } from "../chain/backoff-task.js";
import { MonitorTask } from "../chain/monitor-task.js";
import type { WorkerDefinition } from "../chain/worker-definition.js";
import { FleetError } from "../errors/fleet-error.js";
import { describeKind } from "../errors/show-value.js";
import { toError } from "../errors/thrown-value-error.js";
import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import type { RunCause } from "../runtime/runs.js";
import { Snapshot } from "../runtime/snapshot.js";
import { Task } from "../runtime/task.js";
import { inTransition } from "../runtime/transition.js";
import type { WorkerCommands } from "../runtime/worker-commands.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import type { Pause, WorkerStatus } from "../runtime/worker-status.js";
import { QueueTimer } from "../timers/queue-timer.js";
import { Declaration } from "./declaration.js";
import type { Checkpoint, Engine, EngineProvider, Lease, Participant, RemoteState, StoredWait } from "./engine.js";
import { GuardedRegistration, isRegistration } from "./guarded-registration.js";
import { thisProcess } from "./holder.js";
import { inProcessEngine } from "./in-process-engine.js";
import { LeasedRunTask } from "./leased-run-task.js";

/**
 * A distributed worker in this process. Joins the engine, runs the worker's chain while the engine leases it to this replica
 * ({@link LeasedRunTask}), and otherwise only shows what the engine reports about the other replicas.
 */
export class DistributedTask extends Task implements Participant {
  readonly #chain: WorkerDefinition;
  #declaration: Declaration | undefined;
  #registration: GuardedRegistration | undefined;
  #hasLeft = false;
  /** By what command the leased run that is under way was stopped, as a participle. */
  #interruptedBy: "paused" | "restarted" | undefined;
  /** The lease of the run that is under way. */
  #lease: Lease | undefined;
  /** When it began, on the engine's clock. */
  #leasedAt = 0;
  /** When the worker was restarted last on any replica, on the engine's clock. */
  #restartedAt = 0;
  #isAwaitingIdle = false;
  readonly #hungTimer = new QueueTimer(() => {
    const text = `is to be ${this.#interruptedBy}, but has not stopped within ${hungAfter / 1_000}s: let it watch context.signal`;
    new WorkerLogger(this.logger, this.name).warn(text);
  });
  #endLeasedRun: ((checkpoint: Checkpoint) => void) | undefined;
  #remote: RemoteState | undefined;
  #lateSince: number | null = null;
  #joinError: Error | undefined;
  readonly #startCause: RunCause;

  constructor(parent: Task, chain: WorkerDefinition) {
    super(parent);
    this.#chain = chain;
    this.#startCause = parent.startCause;
  }

  /** The chain starts when the engine leases the worker to this replica, which may be long after this task has. */
  override get startCause(): RunCause {
    return this.#startCause;
  }

  override start(): void {
    try {
      // The async context of the runner: what the engine starts for its first worker outlives the caller that added the worker.
      const joined: unknown = this.asyncScope.run((task: DistributedTask) => engineOf(task).join(task), this);
      if (!isRegistration(joined)) {
        throw new FleetError(
          `The engine returned ${describeKind(joined)} when ${this.name} joined: return an object with requestRun, leave and release from join`,
        );
      }
      this.#registration = new GuardedRegistration(joined, this.#onEngineFailure);
    } catch (thrown) {
      this.#failToJoin(toError(thrown, this.name));
      return;
    }
    this.#shareCommands();
    this.#applyCommands();
  }

  #failToJoin(error: Error): void {
    this.#joinError = error;
    this.#hasLeft = true;
    // The engine may have leased the worker to this replica before it failed.
    if (this.child === undefined) this.exit(error);
    else this.child.abort(error);
  }

  readonly #onEngineFailure = (thrown: unknown): void => {
    new WorkerLogger(this.logger, this.name).error({ err: toError(thrown, "The engine") }, "engine failed");
  };

  get isStopping(): boolean {
    return this.aborted || this.#hasLeft;
  }

  get isOpen(): boolean {
    return !this.isStopping && this.child === undefined && (this.commands?.isPaused !== true || this.commands.wantsRun);
  }

  get isContinuous(): boolean {
    return this.#chain.isContinuous;
  }

  get declared(): string {
    return this.declaration.text;
  }

  get status(): WorkerStatus | undefined {
    const status = this.#monitor?.row;
    if (status !== undefined) this.child?.describe(status);
    return status;
  }

  latestDue({ due, snapshot }: StoredWait, now: number): number {
    return this.declaration.latestDue(due, this.continued(snapshot, now), now, this.name);
  }

  /**
   * What the worker continues with: a snapshot without the attempts that were counted before it was restarted.
   * @param now on the engine's clock
   */
  continued(stored: unknown, now: number): Snapshot {
    const snapshot = Snapshot.from(stored);
    const restartedAt = this.#restartedAt;
    // One in the future was before the engine's clock was set back.
    if (restartedAt <= now && (Declaration.savedAt(snapshot) ?? 0) < restartedAt)
      for (const kind of attempts) snapshot.remove(kind);
    return snapshot;
  }

  get declaration(): Declaration {
    return (this.#declaration ??= new Declaration(this.#chain));
  }

  run(lease: Lease): Promise<Checkpoint> {
    // Handed back unchanged, whatever the engine thinks: a worker never runs twice at a time.
    if (!this.isOpen) {
      const { due, snapshot, status } = lease;
      return Promise.resolve({ due, snapshot, status, phase: "waiting" });
    }
    this.#lease = lease;
    this.#leasedAt = lease.now();
    this.#interruptedBy = undefined;
    if (lease.status !== undefined) this.#monitor?.restoreStatus(lease.status);
    if (this.#chain.isContinuous && !lease.isLocal) new WorkerLogger(this.logger, this.name).info("now runs on this replica");
    const ended = new Promise<Checkpoint>((resolve) => {
      this.#endLeasedRun = resolve;
    });
    inTransition(() => this.startChild({ createTask: () => new LeasedRunTask(this, this.#chain, lease) }));
    return ended;
  }

  /** The leased run has ended with a wait until `due`, on the engine's clock; nothing of it is left in this process. */
  onSuspended({ due, phase, snapshot }: Pick<Checkpoint, "phase" | "snapshot"> & { readonly due: number }): void {
    this.child = undefined;
    const { status } = this;
    this.#remote = { phase, status, snapshot, holder: thisProcess, nextDue: this.#epochOf(due), isCompleted: false };
    this.#handBack({ due, phase, snapshot, status });
    this.#applyCommands();
  }

  protected override onChildExit(outcome: Outcome, leasedRun?: Task): void {
    const isLost = this.#lease?.signal.aborted === true;
    this.#hungTimer.cancel();
    if (leasedRun instanceof LeasedRunTask) {
      const due = outcome === "completed" ? null : leasedRun.dueAgain;
      // A replica that does not know of a restart yet would continue the attempts.
      const snapshot = this.continued(leasedRun.lastSnapshot, this.#lease?.now() ?? 0).toJSON();
      this.#handBack({ due, snapshot, phase: "waiting", status: this.status });
    }
    if (this.#joinError !== undefined) {
      this.exit(this.#joinError);
    } else if ((isLost || this.#interruptedBy !== undefined) && !this.aborted && outcome !== "completed") {
      const cause = isLost ? "failed after its lease was lost" : `failed while it was being ${this.#interruptedBy}`;
      if (isFailure(outcome)) new WorkerLogger(this.logger, this.name).error({ err: outcome }, cause);
      this.#applyCommands();
    } else {
      this.#leave(outcome);
    }
  }

  #handBack(checkpoint: Checkpoint): void {
    this.#lease = undefined;
    this.#endLeasedRun?.(checkpoint);
  }

  protected override cancelWork(reason: unknown): void {
    if (this.child === undefined) this.#leave("stopped");
    else this.child.abort(reason);
  }

  /** Exits once the engine holds nothing for the worker in this process. */
  #leave(outcome: Outcome): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    if (this.#isAwaitingIdle)
      this.commands?.rejectIdle(
        new WorkerNotRunningError(this.name, "paused", "it left this replica before it was known to be idle on the others"),
      );
    const left = this.#registration?.leave();
    if (left === undefined) {
      this.exit(outcome);
      return;
    }
    left.then(
      () => inTransition(() => this.exit(outcome)),
      (thrown: unknown) => inTransition(() => this.exit(isFailure(outcome) ? outcome : toError(thrown, this.name))),
    );
  }

  override unref(): void {
    this.#registration?.release();
    this.#hungTimer.cancel();
    super.unref();
  }

  update(state: RemoteState): void {
    if (this.child !== undefined || this.#hasLeft) return;
    this.#remote = state;
    if (state.status !== undefined) this.#monitor?.restoreStatus(state.status);
    if (state.isCompleted) inTransition(() => this.#leave("completed"));
  }

  setLate(since: number | null): void {
    this.#lateSince = since === null ? null : Math.round(since);
  }

  adoptPause(pause: Pause | null): void {
    const monitor = this.#monitor;
    if (this.isStopping || monitor === undefined || (pause === null && monitor.commands === undefined)) return;
    if (!monitor.ensureCommands().adoptPause(pause ?? undefined, this.name)) return;
    const by = pause?.by == null ? "" : ` by ${pause.by}`;
    const what = pause === null ? "resumed on another replica" : `paused on another replica${by}`;
    new WorkerLogger(this.logger, this.name).info(pause?.reason == null ? what : `${what}: ${pause.reason}`);
    inTransition(() => this.onCommandsChanged());
  }

  adoptRestart(at: number): void {
    if (at === this.#restartedAt) return;
    this.#restartedAt = at;
    const { child } = this;
    if (child === undefined || this.aborted || this.#leasedAt >= at) return;
    new WorkerLogger(this.logger, this.name).info("restarted on another replica");
    inTransition(() => this.#interrupt(child, "restarted"));
  }

  override onCommandsChanged(): void {
    this.#shareCommands();
    const { child, commands } = this;
    if (child === undefined) this.#applyCommands();
    else if (commands?.isPaused === true && this.isContinuous) this.#interrupt(child, "paused");
    else child.onCommandsChanged();
  }

  /** Stops the leased run, which is handed back, without leaving the engine. */
  #interrupt(leasedRun: Task, command: "paused" | "restarted"): void {
    this.#interruptedBy = command;
    this.#hungTimer.sleep(hungAfter);
    leasedRun.abort(new DOMException(`${this.name} was ${command}`, "AbortError"));
  }

  /** Informs the other replicas of a pause that has begun or ended here, and of a restart. */
  #shareCommands(): void {
    const { commands } = this;
    if (commands?.takeUnsharedPause() === true) this.#registration?.setPause(commands.pauseStatus ?? null);
    if (commands?.takeUnsharedRestart() === true) {
      this.#restartedAt = this.#lease?.now() ?? this.#restartedAt;
      this.#registration?.requestRestart();
    }
  }

  /** While nothing runs here: requests the run that a command asks for, and settles a pause. */
  #applyCommands(): void {
    const { commands, child } = this;
    if (child === undefined && commands?.wantsRun === true) this.#registration?.requestRun();
    if (commands?.isIdleAwaited === true && this.#isIdle) this.#awaitIdle(commands);
  }

  /** Whether the worker is paused, and nothing of it runs here. */
  get #isIdle(): boolean {
    return this.child === undefined && this.commands?.isPaused === true && !this.commands.wantsRun;
  }

  /** Settles a pause when nothing of the worker runs on other replicas either. */
  #awaitIdle(commands: WorkerCommands): void {
    if (this.#isAwaitingIdle) return;
    const idle = this.#registration?.whenIdle();
    if (idle === undefined) {
      commands.onIdle();
      return;
    }
    const pause = commands.pauseStatus;
    this.#isAwaitingIdle = true;
    void idle.then(() => {
      this.#isAwaitingIdle = false;
      // It was resumed and paused again meanwhile.
      if (commands.pauseStatus !== pause) this.#applyCommands();
      else if (this.#isIdle) inTransition(() => commands.onIdle());
    });
  }

  /** Keeps the worker's health and counts; undefined below a worker that runs standalone. */
  get #monitor(): MonitorTask | undefined {
    return this.parent instanceof MonitorTask ? this.parent : undefined;
  }

  #epochOf(due: number): number {
    return Math.round(due - (this.#lease?.now() ?? due) + Date.now());
  }

  override describe(status: WorkerStatus): void {
    status.holder = this.child === undefined ? (this.#remote?.holder ?? null) : thisProcess;
    if (this.child === undefined) {
      if (this.#lateSince !== null) status.lateSince = this.#lateSince;
      const phase = this.#remote?.phase ?? "waiting";
      status.phase = phase !== "running" && this.commands?.isPaused === true ? "paused" : phase;
      const snapshot = Snapshot.from(this.#remote?.snapshot);
      describeAttempts(status, snapshot.peek("retryJob") ?? snapshot.peek("retry"));
      status.nextDue = status.phase === "running" || status.phase === "paused" ? null : (this.#remote?.nextDue ?? null);
    }
    super.describe(status);
  }
}

/** After how long, in ms, a run that ignores its signal is logged, if a command on another replica stops it. */
const hungAfter = 30_000;

/** The kinds of the snapshot entries about a run that is attempted again. */
const attempts = ["retry", "retryJob", "timeout"];

/** The engine of the nearest supervisor that has one; the in-process engine if none has. */
function engineOf(task: Task): Engine {
  for (let above = task.parent; ; above = above.parent) {
    if (isEngineProvider(above) && above.engine !== undefined) return above.engine;
    if (above === above.parent) return inProcessEngine;
  }
}

function isEngineProvider(task: object): task is EngineProvider {
  return "engine" in task;
}
