import { describeAttempts } from "../chain/backoff-task.js";
import { MonitorTask } from "../chain/monitor-task.js";
import { timetableOf } from "../chain/timetable.js";
import type { WorkerDefinition } from "../chain/worker-definition.js";
import { FleetError } from "../errors/fleet-error.js";
import { describeKind } from "../errors/foreign-value.js";
import { toError } from "../errors/thrown-value-error.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import type { Snapshot } from "../runtime/snapshot.js";
import type { Task } from "../runtime/task.js";
import { inTransition } from "../runtime/transition.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import type { WorkerStatus } from "../runtime/worker-status.js";
import type { Checkpoint, Lease, Participant, Registration, RemoteState } from "./engine.js";
import { engineOf } from "./engine-of.js";
import { GuardedRegistration, isPlace } from "./guarded-registration.js";
import { LeasedRunTask } from "./leased-run-task.js";
import { thisProcess } from "./this-process.js";
import { type Rest, TurnTaker } from "./turn-taker.js";

/** A distributed worker in this process: has its turns, and waits in between. */
export class DistributedTask extends TurnTaker implements Participant {
  readonly #chain: WorkerDefinition;
  #place: Registration | undefined;
  #hasLeft = false;
  /** Of the turn that it has. */
  #lease: Lease | undefined;
  #endTurn: ((release: Checkpoint) => void) | undefined;
  #news: RemoteState | undefined;

  constructor(parent: Task, chain: WorkerDefinition) {
    super(parent);
    this.#chain = chain;
  }

  override start(): void {
    try {
      // What the engine starts with its first worker lives as long as the runner, and not as whatever has added the worker.
      const place: unknown = this.asyncScope.run((seat: DistributedTask) => engineOf(seat).join(seat), this);
      if (!isPlace(place)) {
        throw new FleetError(
          `The engine returned ${describeKind(place)} when ${this.name} joined: let join return an object with hurry, leave and abandon`,
        );
      }
      this.#place = new GuardedRegistration(place, this.#onFailure);
    } catch (thrown) {
      this.exit(toError(thrown, this.name));
      return;
    }
    this.#lookAtOrders();
  }

  readonly #onFailure = (thrown: unknown): void => {
    new WorkerLogger(this.logger, this.name).error({ err: toError(thrown, "The engine") }, "its engine failed");
  };

  get isStopping(): boolean {
    return this.aborted || this.#hasLeft;
  }

  get isOpen(): boolean {
    return !this.isStopping && this.child === undefined && (this.commands?.isPaused !== true || this.commands.wantsRun);
  }

  get status(): WorkerStatus | undefined {
    const row = this.#books?.row;
    if (row !== undefined) this.child?.describe(row);
    return row;
  }

  dueBy(memory: Snapshot): number | undefined {
    const note = memory.first("repeat");
    const { repetition } = this.#chain;
    if (note === undefined || repetition === undefined) return undefined;
    const timetable = timetableOf(repetition, this.name);
    return timetable.restore(note, 0) ? timetable.latestDue() : undefined;
  }

  take(lease: Lease): Promise<Checkpoint> {
    this.#lease = lease;
    if (lease.status !== undefined) this.#books?.adopt(lease.status);
    if (this.#chain.isContinuous && !lease.isKept) new WorkerLogger(this.logger, this.name).info("is run by this replica");
    const over = new Promise<Checkpoint>((resolve) => {
      this.#endTurn = resolve;
    });
    inTransition(() => this.startChild({ createTask: () => new LeasedRunTask(this, this.#chain, lease) }), undefined);
    return over;
  }

  override hasRested({ due, phase, memory }: Rest): void {
    this.child = undefined;
    const { status } = this;
    this.#news = { phase, status, memory, holder: thisProcess, nextDue: this.#epochOf(due), isDone: false };
    this.#release({ due, phase, memory, status });
    this.#lookAtOrders();
  }

  protected override onChildExit(outcome: Outcome, turn?: Task): void {
    const isLost = this.#lease?.signal.aborted === true;
    if (turn instanceof LeasedRunTask) {
      const due = outcome === "completed" ? null : (this.#lease?.now() ?? 0);
      const { left: memory } = turn;
      this.#release({ due, memory, phase: "waiting", status: this.status });
    }
    if (isLost && !this.aborted && outcome !== "completed") {
      if (isFailure(outcome)) new WorkerLogger(this.logger, this.name).error({ err: outcome }, "failed after its turn was lost");
      this.#lookAtOrders();
    } else {
      this.#leave(outcome);
    }
  }

  #release(release: Checkpoint): void {
    this.#lease = undefined;
    this.#endTurn?.(release);
  }

  protected override cancelWork(reason: unknown): void {
    if (this.child === undefined) this.#leave("stopped");
    else this.child.abort(reason);
  }

  /** Ends once the engine has nothing left here that is for this worker. */
  #leave(outcome: Outcome): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const gone = this.#place?.leave();
    if (gone === undefined) {
      this.exit(outcome);
      return;
    }
    gone.then(
      () => inTransition(() => this.exit(outcome), undefined),
      (thrown: unknown) => inTransition(() => this.exit(isFailure(outcome) ? outcome : toError(thrown, this.name)), undefined),
    );
  }

  override unref(): void {
    this.#place?.abandon();
    super.unref();
  }

  tell(news: RemoteState): void {
    if (this.child !== undefined || this.#hasLeft) return;
    this.#news = news;
    if (news.status !== undefined) this.#books?.adopt(news.status);
    if (news.isDone) inTransition(() => this.#leave("completed"), undefined);
  }

  override onCommandsChanged(): void {
    const { child } = this;
    if (child !== undefined) child.onCommandsChanged();
    else this.#lookAtOrders();
  }

  /** With no turn: a run that was asked for is still wanted, and a pause has come to rest. */
  #lookAtOrders(): void {
    const { commands, child } = this;
    if (child === undefined && commands?.wantsRun === true) this.#place?.hurry();
    if (child === undefined && commands?.isPaused === true && !commands.wantsRun) commands.onIdle();
  }

  /** Whoever keeps account of its runs, if anybody does. */
  get #books(): MonitorTask | undefined {
    return this.parent instanceof MonitorTask ? this.parent : undefined;
  }

  #epochOf(due: number): number {
    return Math.round(due - (this.#lease?.now() ?? due) + Date.now());
  }

  override describe(status: WorkerStatus): void {
    status.holder = this.child === undefined ? (this.#news?.holder ?? null) : thisProcess;
    if (this.child === undefined) {
      status.phase = this.commands?.isPaused === true ? "paused" : (this.#news?.phase ?? "waiting");
      const { memory } = this.#news ?? {};
      describeAttempts(status, memory?.first("retryJob") ?? memory?.first("retry"));
      status.nextDue = status.phase === "running" || status.phase === "paused" ? null : (this.#news?.nextDue ?? null);
    }
    super.describe(status);
  }
}
