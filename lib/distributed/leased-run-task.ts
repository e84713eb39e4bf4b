import { channels } from "../events/channels.js";
import type { LeaseEvent } from "../events/events.js";
import { CancellationScope } from "../runtime/cancellation-scope.js";
import type { LeasedRun } from "../runtime/leased-run.js";
import { onAbort } from "../runtime/on-abort.js";
import type { Outcome } from "../runtime/outcome.js";
import { Snapshot, type SnapshotEntry } from "../runtime/snapshot.js";
import { type Definition, Task } from "../runtime/task.js";
import { afterTransition } from "../runtime/transition.js";
import type { Phase } from "../runtime/worker-status.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { DistributedTask } from "./distributed-task.js";
import type { Lease } from "./engine.js";
import { guardSignal } from "./guard-signal.js";

/** A lease that arrives up to so many ms early, as the clock of another replica may be ahead, is waited out here. */
const maxEarly = 60_000;

/** In ms. */
const roundingTolerance = 2;

/** One leased run: the worker's chain under a lease, from the last checkpoint to the worker's next wait. */
export class LeasedRunTask extends Task implements LeasedRun {
  override readonly parent: DistributedTask;
  readonly offset: number;
  readonly due: number;
  readonly #lease: Lease;
  /** On the clock of the replicas. */
  readonly #startedAt: number;
  readonly #chain: Definition;
  /** Each task of the chain takes its own entry from it, once. */
  readonly #restored: Snapshot;
  #committed: Snapshot | undefined;
  #stopWatching = (): void => {};
  #scope: CancellationScope | undefined = undefined;

  constructor(parent: DistributedTask, chain: Definition, lease: Lease) {
    super(parent);
    this.parent = parent;
    this.#chain = chain;
    this.#lease = lease;
    const now = lease.now();
    this.#restored = parent.continued(lease.snapshot, now);
    this.#startedAt = now;
    this.offset = now - TimerQueue.current().now();
    const latest = parent.latestDue(lease, now);
    // A time that was only rounded is the stored one.
    this.due = (lease.due - latest > roundingTolerance ? latest : lease.due) - this.offset;
    // A timetable that does not hold any more begins anew.
    if (!parent.declaration.keepsTimetable(this.#restored, now)) this.#restored.take("repeat");
  }

  override start(): void {
    const { signal } = this.#lease;
    this.#publish("taken");
    if (signal.aborted) {
      this.#publish("lost");
      this.abort(signal.reason);
    } else this.#stopWatching = onAbort(signal, { abort: this.#onLeaseLost });
    this.startChild(this.#chain);
  }

  /**
   * The signal aborts at once, before the code of the worker can do more without a lease; the tree follows after the transition.
   */
  readonly #onLeaseLost = (reason: unknown): void => {
    this.abortSignal(reason);
    this.#publish("lost");
    afterTransition(() => this.abort(reason));
  };

  #publish(change: LeaseEvent["change"]): void {
    if (!this.#lease.isLocal && channels.lease.isObserved) channels.lease.publish({ worker: this.name, change });
  }

  protected override get ownScope(): CancellationScope {
    return (this.#scope ??= new CancellationScope());
  }

  override get leasedRun(): LeasedRun | undefined {
    return this.#lease.isLocal ? undefined : this;
  }

  /** Of a continuous worker: since when it is due on the clock of the replicas. */
  override get scheduledAt(): number {
    return Math.round(this.#lease.due > 0 ? this.#lease.due : this.#startedAt);
  }

  override get fence(): number {
    return this.#lease.fence;
  }

  takeEntry(kind: string): SnapshotEntry | undefined {
    return this.#restored.take(kind);
  }

  commit(kind: string, entry: SnapshotEntry): void {
    this.#committed = new Snapshot();
    this.#committed.write(kind, entry);
    this.parent.declaration.save(this.#committed, this.#lease.now());
  }

  override guard(signal: AbortSignal): void {
    if (!this.#lease.isLocal) guardSignal(signal, () => this.#lease.check());
  }

  suspendUntil(due: number, phase: Phase): boolean {
    if (this.aborted || this.#waitsHere(due, phase)) return false;
    const snapshot = new Snapshot();
    this.child?.suspend(snapshot);
    this.parent.declaration.save(snapshot, this.#lease.now());
    this.child = undefined;
    this.#end();
    this.parent.onSuspended({ due: due + this.offset, phase, snapshot: snapshot.toJSON() });
    return true;
  }

  #waitsHere(due: number, phase: Phase): boolean {
    const { commands } = this;
    if (commands?.isPaused === true) return false;
    // A run that a command requested on this replica is retried here until it succeeds.
    if (commands?.isRunAwaited === true && phase === "backoff") return true;
    // A run has ended: the next run needs a lease of its own.
    if (this.#committed !== undefined) return false;
    const now = TimerQueue.current().now();
    const isEarly = this.due > now && due - now <= maxEarly;
    return isEarly || (phase === "waiting" && due <= now);
  }

  protected override onChildExit(outcome: Outcome): void {
    this.#end();
    this.exit(outcome);
  }

  /** What to store if the leased run ends without a suspension: what was committed, or else the snapshot that it began with. */
  get lastSnapshot(): unknown {
    return (this.#committed ?? Snapshot.from(this.#lease.snapshot)).toJSON();
  }

  /**
   * When the worker is due again if the leased run ends without a suspension: at once. A run that was cut short keeps its time,
   * by which its repetition is known.
   */
  get dueAgain(): number {
    const now = this.#lease.now();
    const wasCutShort = this.#committed === undefined && !this.parent.isContinuous && this.#lease.due > 0;
    return wasCutShort ? Math.min(this.#lease.due, now) : now;
  }

  #end(): void {
    this.#stopWatching();
    if (!this.#lease.signal.aborted) this.#publish("released");
    // Stops what the worker's code has left running under its signals.
    if (!this.aborted) this.abort(new DOMException(`The leased run of ${this.name} has ended`, "AbortError"));
  }
}
