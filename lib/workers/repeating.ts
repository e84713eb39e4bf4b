import { Activity } from "../context/activity.js";
import { describeSleep } from "../context/describe-sleep.js";
import { type Memory, type Note, numberIn } from "../context/memory.js";
import type { Orders } from "../context/orders.js";
import type { Outcome } from "../context/outcome.js";
import { addRuns, type Runs } from "../context/runs.js";
import type { Turn } from "../context/turn.js";
import type { WorkerStatus } from "../context/worker-status.js";
import { TimerQueue } from "../time/timer-queue.js";
import type { JobLink } from "./job-link.js";

/** A repeated job at work: one run at a time. When a run is due is decided by those who extend this. */
export abstract class Repeating extends Activity {
  readonly #job: JobLink;
  /** Kept here, and not asked for upwards at every run. Looked up again when they change. */
  #orders: Orders | undefined;
  #isWell = false;
  #count = 0;
  #lastStart = 0;
  #lastDuration = -1;
  /** Not asked for upwards at every run either. */
  readonly #turn: Turn | undefined;

  constructor(parent: Activity, job: JobLink) {
    super(parent);
    this.#job = job;
    this.#orders = parent.orders;
    this.#turn = parent.turn;
  }

  override begin(): void {
    const note = this.#turn?.recall("repeat");
    if (note === undefined || !this.resume(note)) this.beginAnew();
    else if (note.isRunning === true) this.goOnWithRun(note);
    else this.awaitTurn();
  }

  protected abstract beginAnew(): void;

  /** Goes on where a turn before this one has ended. Returns false if that cannot be told from what was written down. */
  protected abstract resume(note: Note): boolean;

  /** Where on the grid or in the schedule this is. */
  protected abstract get position(): Note;

  /** Whether that is when the next run is due, as the job is declared now. */
  protected abstract isDueAt(time: number): boolean;

  /** The turn is for the next run: if nothing was declared anew, that is due when the turn is, jitter included. */
  private awaitTurn(): void {
    const due = this.#turn?.due ?? 0;
    if (this.wantsRun || !this.isDueAt(due)) this.awaitNext();
    else if (!this.rests(due)) this.sleepUntil(due);
  }

  /** A run had begun, and waits for its next attempt. */
  private goOnWithRun(note: Note): void {
    const { now, offset } = this.fleetTime;
    this.#lastStart = (numberIn(note, "since") ?? now + offset) - offset;
    this.start(this.#job);
  }

  protected get fleetTime(): { readonly now: number; readonly offset: number } {
    return { now: TimerQueue.current().now(), offset: this.#turn?.offset ?? 0 };
  }

  /** Hands the worker back until its next run, if that may be elsewhere. */
  protected rests(due: number): boolean {
    return this.#turn?.rest(due, "waiting") === true;
  }

  override leave(memory: Memory): void {
    const isRunning = this.child !== undefined;
    memory.write("repeat", { ...this.position, isRunning, since: this.#lastStart + this.fleetTime.offset });
    this.ran(this.runs, "stopped");
    super.leave(memory);
  }

  /** Sleeps until the next run is due. */
  protected abstract awaitDue(): void;

  /** Of the runs that are due at `now`, none is to be made up for. */
  protected abstract skip(now: number): void;

  protected get isPaused(): boolean {
    return this.#orders?.isPaused === true;
  }

  protected get wantsRun(): boolean {
    return this.#orders?.wantsRun === true;
  }

  /** Sleeps until there is something to do: by hand, if something was ordered, or else when it is due. */
  protected awaitNext(): void {
    const orders = this.#orders;
    if (orders === undefined) {
      this.awaitDue();
    } else if (orders.wantsRun) {
      this.sleep(0);
    } else if (orders.isPaused && this.#turn === undefined) {
      this.sleepForEver();
      orders.rest();
    } else {
      this.awaitDue();
    }
  }

  override reconsider(): void {
    this.#orders = this.parent.orders;
    if (!this.sleeping) {
      super.reconsider();
      return;
    }
    this.callOffSleep();
    this.skip(TimerQueue.current().now());
    this.awaitNext();
  }

  override wake(): void {
    this.#lastStart = TimerQueue.current().now();
    this.skip(this.#lastStart);
    this.#count++;
    this.#orders?.runBegins();
    this.start(this.#job);
  }

  protected override ended(outcome: Outcome): void {
    this.#lastDuration = TimerQueue.current().now() - this.#lastStart;
    // A run that returns after the word to stop may well have returned for that.
    const verdict = outcome === "done" && this.aborted ? "stopped" : outcome;
    this.#orders?.runEnds(verdict, this.reason);
    // Also after the word to stop: a run that returns has run. One that is cut short rejects, and is repeated elsewhere.
    if (outcome !== "stopped") this.#turn?.keep("repeat", this.position);
    if (verdict !== "done") {
      this.settle(verdict);
      return;
    }
    if (!this.#isWell) {
      this.#isWell = true;
      this.recovered();
    }
    this.awaitNext();
  }

  protected override settle(outcome: Outcome): void {
    this.ran(this.runs, outcome);
    super.settle(outcome);
  }

  override failing(error: Error): void {
    this.#isWell = false;
    this.#orders?.runEnds(error, undefined);
    super.failing(error);
  }

  override checkpoint(state: "done" | Error): void {
    this.#isWell = false;
    super.checkpoint(state);
  }

  private get runs(): Runs {
    return { count: this.#count, lastStart: this.#lastStart, lastDuration: this.#lastDuration };
  }

  override describe(status: WorkerStatus): void {
    addRuns(status, this.runs);
    describeSleep(status, this, this.isPaused ? "paused" : "waiting");
    super.describe(status);
  }
}
