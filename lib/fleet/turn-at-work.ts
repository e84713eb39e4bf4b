import type { Startable } from "../context/activity.js";
import type { Lease } from "../context/engine.js";
import { Memory, type Note } from "../context/memory.js";
import { onAbort } from "../context/on-abort.js";
import type { Outcome } from "../context/outcome.js";
import { Scope } from "../context/scope.js";
import type { Turn } from "../context/turn.js";
import type { Phase } from "../context/worker-status.js";
import { TimerQueue } from "../time/timer-queue.js";
import { guardSignal } from "./guard-signal.js";
import type { TurnTaker } from "./turn-taker.js";

/** How long, in ms, one waits here for what has come early, as the clocks of others may be ahead, before it is handed back. */
const patience = 60_000;

/** One turn of a distributed worker: its chain at work, from what the last turn has left to the next wait. */
export class TurnAtWork extends Scope implements Turn {
  override readonly parent: TurnTaker;
  readonly offset: number;
  readonly due: number;
  readonly #lease: Lease;
  readonly #chain: Startable;
  /** Read once: each link takes its own from it. */
  readonly #memory: Memory;
  #kept: Memory | undefined;
  #stopWatching = (): void => {};

  constructor(parent: TurnTaker, chain: Startable, lease: Lease) {
    super(parent);
    this.parent = parent;
    this.#chain = chain;
    this.#lease = lease;
    this.#memory = Memory.from(lease.memory.toJSON());
    this.offset = lease.now() - TimerQueue.current().now();
    this.due = lease.due - this.offset;
  }

  override begin(): void {
    this.#stopWatching = onAbort(this.#lease.signal, this);
    this.start(this.#chain);
  }

  override get turn(): Turn | undefined {
    return this.#lease.isKept ? undefined : this;
  }

  recall(kind: string): Note | undefined {
    return this.#memory.recall(kind);
  }

  keep(kind: string, note: Note): void {
    this.#kept = new Memory();
    this.#kept.write(kind, note);
  }

  override guard(signal: AbortSignal): void {
    if (!this.#lease.isKept) guardSignal(signal, () => this.#lease.check());
  }

  rest(due: number, phase: Phase): boolean {
    if (this.aborted || this.#isForNow(due, phase)) return false;
    const memory = new Memory();
    this.child?.leave(memory);
    this.child = undefined;
    this.end();
    this.parent.hasRested({ due: due + this.offset, phase, memory });
    return true;
  }

  /** Whether the wait is to be waited out here. */
  #isForNow(due: number, phase: Phase): boolean {
    const { orders } = this;
    if (orders?.isPaused === true) return false;
    // A run that was asked for here is tried here to its end.
    if (orders?.isServing === true && phase === "backing off") return true;
    // The next run is another turn.
    if (this.#kept !== undefined) return false;
    const now = TimerQueue.current().now();
    const isEarly = this.due > now && due - now <= patience;
    return isEarly || (phase === "waiting" && due <= now);
  }

  protected override ended(outcome: Outcome): void {
    this.end();
    this.settle(outcome);
  }

  /** What the next turn has to know, if this one has ended without a rest. */
  get left(): Memory {
    return this.#kept ?? this.#lease.memory;
  }

  private end(): void {
    this.#stopWatching();
    // What runs have left running under their signals is not to outlive the turn.
    if (!this.aborted) super.abort(new DOMException(`The turn of ${this.name} is over`, "AbortError"));
  }
}
