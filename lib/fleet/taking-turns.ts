import type { Activity } from "../context/activity.js";
import type { Lease, News, Place, Release, Seat } from "../context/engine.js";
import type { Memory } from "../context/memory.js";
import { isFailure, type Outcome } from "../context/outcome.js";
import { WorkerLogger } from "../context/worker-logger.js";
import type { WorkerStatus } from "../context/worker-status.js";
import { FleetError } from "../errors/fleet-error.js";
import { describeKind } from "../errors/foreign-value.js";
import { toError } from "../errors/thrown-value-error.js";
import { Monitored } from "../workers/monitored.js";
import { describeAttempts } from "../workers/retrying.js";
import { timetableOf } from "../workers/timetable.js";
import type { WorkerLink } from "../workers/worker-link.js";
import { engineOf } from "./engine-of.js";
import { GuardedPlace, isPlace } from "./guarded-place.js";
import { thisProcess } from "./this-process.js";
import { TurnAtWork } from "./turn-at-work.js";
import { type Rest, TurnTaker } from "./turn-taker.js";

/** A distributed worker in this process: has its turns, and waits in between. */
export class TakingTurns extends TurnTaker implements Seat {
  readonly #chain: WorkerLink;
  #place: Place | undefined;
  #hasLeft = false;
  /** Of the turn that it has. */
  #lease: Lease | undefined;
  #endTurn: ((release: Release) => void) | undefined;
  #news: News | undefined;

  constructor(parent: Activity, chain: WorkerLink) {
    super(parent);
    this.#chain = chain;
  }

  override begin(): void {
    try {
      // What the engine starts with its first worker lives as long as the runner, and not as whatever has added the worker.
      const place: unknown = this.asyncScope.run((seat: TakingTurns) => engineOf(seat).join(seat), this);
      if (!isPlace(place)) {
        throw new FleetError(
          `The engine returned ${describeKind(place)} when ${this.name} joined: let join return an object with hurry, leave and abandon`,
        );
      }
      this.#place = new GuardedPlace(place, this.#onFailure);
    } catch (thrown) {
      this.settle(toError(thrown, this.name));
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
    return !this.isStopping && this.child === undefined && (this.orders?.isPaused !== true || this.orders.wantsRun);
  }

  get status(): WorkerStatus | undefined {
    const row = this.#books?.row;
    if (row !== undefined) this.child?.describe(row);
    return row;
  }

  dueBy(memory: Memory): number | undefined {
    const note = memory.first("repeat");
    const { repetition } = this.#chain;
    if (note === undefined || repetition === undefined) return undefined;
    const timetable = timetableOf(repetition, this.name);
    return timetable.restore(note, 0) ? timetable.latestDue() : undefined;
  }

  take(lease: Lease): Promise<Release> {
    this.#lease = lease;
    if (lease.status !== undefined) this.#books?.adopt(lease.status);
    if (this.#chain.isContinuous && !lease.isKept) new WorkerLogger(this.logger, this.name).info("is run by this replica");
    const over = new Promise<Release>((resolve) => {
      this.#endTurn = resolve;
    });
    this.start({ activity: () => new TurnAtWork(this, this.#chain, lease) });
    return over;
  }

  override hasRested({ due, phase, memory }: Rest): void {
    this.child = undefined;
    const { status } = this;
    this.#news = { phase, status, memory, holder: thisProcess, nextDue: this.#epochOf(due), isDone: false };
    this.#release({ due, phase, memory, status });
    this.#lookAtOrders();
  }

  protected override ended(outcome: Outcome, turn?: Activity): void {
    const isLost = this.#lease?.signal.aborted === true;
    if (turn instanceof TurnAtWork) {
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

  #release(release: Release): void {
    this.#lease = undefined;
    this.#endTurn?.(release);
  }

  protected override stopWork(reason: unknown): void {
    if (this.child === undefined) this.#leave("stopped");
    else this.child.abort(reason);
  }

  /** Ends once the engine has nothing left here that is for this worker. */
  #leave(outcome: Outcome): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const gone = this.#place?.leave();
    if (gone === undefined) {
      this.settle(outcome);
      return;
    }
    gone.then(
      () => this.settle(outcome),
      (thrown: unknown) => this.settle(isFailure(outcome) ? outcome : toError(thrown, this.name)),
    );
  }

  override letGo(): void {
    this.#place?.abandon();
    super.letGo();
  }

  tell(news: News): void {
    if (this.child !== undefined || this.#hasLeft) return;
    this.#news = news;
    if (news.status !== undefined) this.#books?.adopt(news.status);
    if (news.isDone) this.#leave("completed");
  }

  override reconsider(): void {
    const { child } = this;
    if (child !== undefined) child.reconsider();
    else this.#lookAtOrders();
  }

  /** With no turn: a run that was asked for is still wanted, and a pause has come to rest. */
  #lookAtOrders(): void {
    const { orders, child } = this;
    if (child === undefined && orders?.wantsRun === true) this.#place?.hurry();
    if (child === undefined && orders?.isPaused === true && !orders.wantsRun) orders.rest();
  }

  /** Whoever keeps account of its runs, if anybody does. */
  get #books(): Monitored | undefined {
    return this.parent instanceof Monitored ? this.parent : undefined;
  }

  #epochOf(due: number): number {
    return Math.round(due - (this.#lease?.now() ?? due) + Date.now());
  }

  override describe(status: WorkerStatus): void {
    status.holder = this.child === undefined ? (this.#news?.holder ?? null) : thisProcess;
    if (this.child === undefined) {
      status.phase = this.orders?.isPaused === true ? "paused" : (this.#news?.phase ?? "waiting");
      const { memory } = this.#news ?? {};
      describeAttempts(status, memory?.first("retryJob") ?? memory?.first("retry"));
      status.nextDue = status.phase === "running" || status.phase === "paused" ? null : (this.#news?.nextDue ?? null);
    }
    super.describe(status);
  }
}
