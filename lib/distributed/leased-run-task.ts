import type { LeasedRun } from "../runtime/leased-run.js";
import { onAbort } from "../runtime/on-abort.js";
import type { Outcome } from "../runtime/outcome.js";
import { Snapshot, type SnapshotEntry } from "../runtime/snapshot.js";
import { type Definition, Task } from "../runtime/task.js";
import { afterTransition } from "../runtime/transition.js";
import type { Phase } from "../runtime/worker-status.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { Lease } from "./engine.js";
import { guardSignal } from "./guard-signal.js";
import type { TurnTaker } from "./turn-taker.js";

/** How long, in ms, one waits here for what has come early, as the clocks of others may be ahead, before it is handed back. */
const patience = 60_000;

/** One turn of a distributed worker: its chain at work, from what the last turn has left to the next wait. */
export class LeasedRunTask extends Task implements LeasedRun {
  override readonly parent: TurnTaker;
  readonly offset: number;
  readonly due: number;
  readonly #lease: Lease;
  readonly #chain: Definition;
  /** Read once: each link takes its own from it. */
  readonly #memory: Snapshot;
  #kept: Snapshot | undefined;
  #stopWatching = (): void => {};

  constructor(parent: TurnTaker, chain: Definition, lease: Lease) {
    super(parent);
    this.parent = parent;
    this.#chain = chain;
    this.#lease = lease;
    this.#memory = Snapshot.from(lease.memory.toJSON());
    this.offset = lease.now() - TimerQueue.current().now();
    this.due = lease.due - this.offset;
  }

  override start(): void {
    const { signal } = this.#lease;
    if (signal.aborted) this.abort(signal.reason);
    else this.#stopWatching = onAbort(signal, { abort: (reason) => afterTransition(() => this.abort(reason)) });
    this.startChild(this.#chain);
  }

  protected override get hasOwnSignal(): boolean {
    return true;
  }

  override get leasedRun(): LeasedRun | undefined {
    return this.#lease.isKept ? undefined : this;
  }

  restore(kind: string): SnapshotEntry | undefined {
    return this.#memory.recall(kind);
  }

  commit(kind: string, note: SnapshotEntry): void {
    this.#kept = new Snapshot();
    this.#kept.write(kind, note);
  }

  override guard(signal: AbortSignal): void {
    if (!this.#lease.isKept) guardSignal(signal, () => this.#lease.check());
  }

  suspendUntil(due: number, phase: Phase): boolean {
    if (this.aborted || this.#isForNow(due, phase)) return false;
    const memory = new Snapshot();
    this.child?.suspend(memory);
    this.child = undefined;
    this.end();
    this.parent.hasRested({ due: due + this.offset, phase, memory });
    return true;
  }

  /** Whether the wait is to be waited out here. */
  #isForNow(due: number, phase: Phase): boolean {
    const { commands } = this;
    if (commands?.isPaused === true) return false;
    // A run that was asked for here is tried here to its end.
    if (commands?.isRunAwaited === true && phase === "backoff") return true;
    // The next run is another turn.
    if (this.#kept !== undefined) return false;
    const now = TimerQueue.current().now();
    const isEarly = this.due > now && due - now <= patience;
    return isEarly || (phase === "waiting" && due <= now);
  }

  protected override onChildExit(outcome: Outcome): void {
    this.end();
    this.exit(outcome);
  }

  /** What the next turn has to know, if this one has ended without a rest. */
  get left(): Snapshot {
    return this.#kept ?? this.#lease.memory;
  }

  private end(): void {
    this.#stopWatching();
    // What runs have left running under their signals is not to outlive the turn.
    if (!this.aborted) super.abort(new DOMException(`The turn of ${this.name} is over`, "AbortError"));
  }
}
