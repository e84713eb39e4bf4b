import type { WorkerStatus } from "watchbill";

/** What a worker's code does when it is called: return at once, fail at once, or go on until its signal aborts or beyond. */
export type Mode = "returns" | "fails" | "waits" | "hangs";

/** A repeated job with a retry, one without, or a continuous worker with a retry. */
export type Kind = "job" | "fragile" | "loop";

export type Ending = "returns" | "fails" | "done";

/** In ms. */
export const backoff = 3_000;
const resetAfter = 60_000;

/** A row of a status, as a line that can be read in a message. */
export function rowOf({
  name,
  phase,
  runs,
  failures,
  attempt,
  health,
}: Pick<WorkerStatus, "name" | "phase" | "runs" | "failures" | "attempt" | "health">): string {
  return `${name} ${phase}, ${runs} runs, ${failures} failures, attempt ${attempt}, ${health}`;
}

/** Where commands may be called in the middle of a change: the channels, and the line of the log about a failure. */
export const sites = ["start", "exit", "health", "command", "log"] as const;
export type Site = (typeof sites)[number];

let entered = 0;

/** What the reference model knows of the runner around a worker. */
export interface Surroundings {
  readonly now: number;
  /** Calls the commands that are to be called from the site; they run after the change. */
  emit(site: Site, name: string): void;
  /** Makes a change right after those that are under way, as a promise does. */
  later(change: () => void): void;
  settleTrigger(id: number, ok: boolean): void;
  /** The worker has exited and will not run again, with an error or without. */
  ended(isFailure: boolean): void;
  removed(worker: ReferenceWorker): void;
}

/**
 * One worker as the documentation describes it, in the plainest terms: one state, and when that ends by itself. Knows nothing of tasks
 * or timers.
 */
export class ReferenceWorker {
  state: "waiting" | "running" | "backoff" | "paused" | "stopped" = "stopped";
  /** When the state ends by itself. */
  until = Number.POSITIVE_INFINITY;
  /** Counts up over all workers whenever a state begins. */
  enteredAs = 0;
  runs = 0;
  failures = 0;
  health: WorkerStatus["health"] = "init";
  /** Whether its runner starts, and has not come to it yet. */
  isToStart = false;
  attempt = 0;
  isPaused = false;
  isDone = false;
  /** Why it was asked to stop: with all others, or to be paused, restarted or removed. */
  stopReason: "stop" | "pause" | "restart" | "remove" | undefined;
  readonly name: string;
  readonly kind: Kind;
  readonly #interval: number;
  /** By how much every run is late, for its jitter. */
  readonly #lateness: number;
  readonly #around: Surroundings;
  readonly #mode: () => Mode;
  #runMode: Mode = "waits";
  #gridStart = 0;
  #lastSlot = 0;
  #startedAt = 0;
  /** Whether the run that is under way ends as soon as its promise settles. */
  #isEnding = false;
  /** Paused before it was started at all. */
  #isUnstarted = false;
  /** To be removed once it has stopped, whatever else. */
  goes = false;
  /** The run that is under way was triggered during the pause, so that another pause would hold its further attempts. */
  #isExempt = false;
  readonly #wanted: number[] = [];
  readonly #served: number[] = [];

  constructor(
    name: string,
    { kind, interval, lateness = 0 }: { kind: Kind; interval: number; lateness?: number },
    mode: () => Mode,
    around: Surroundings,
  ) {
    this.name = name;
    this.kind = kind;
    this.#interval = interval;
    this.#lateness = lateness;
    this.#mode = mode;
    this.#around = around;
  }

  /** What status() is to say. */
  get row(): string {
    const { name, state, runs, failures, health } = this;
    const isUp = this.kind === "loop" && state === "running" && this.#upFor >= resetAfter;
    const phase = state === "backoff" && this.isPaused ? "paused" : state;
    return rowOf({ name, phase, runs, failures, attempt: isUp || state === "stopped" ? 0 : this.attempt, health });
  }

  get #upFor(): number {
    return this.#around.now - this.#startedAt;
  }

  /** Its runner starts, and will start it in its turn. */
  reset(): void {
    Object.assign(this, { runs: 0, failures: 0, health: "init", attempt: 0 });
    this.isPaused = false;
    this.isDone = false;
    this.stopReason = undefined;
    this.isToStart = true;
  }

  start(): void {
    this.isToStart = false;
    if (this.stopReason !== undefined) {
      this.#hasStopped(false);
      return;
    }
    this.attempt = 0;
    this.isDone = false;
    // A grid goes on while its worker is paused.
    this.#isUnstarted = this.isPaused && this.kind === "loop";
    if (this.#isUnstarted) {
      this.#enter("paused");
    } else {
      this.#around.emit("start", this.name);
      this.#begin();
    }
  }

  /** A start, or a restart by the retry. */
  #begin(): void {
    this.#isUnstarted = false;
    this.#gridStart = this.#around.now;
    if (this.kind === "loop") this.#run();
    else this.#awaitNext(0);
  }

  #awaitNext(lastSlot: number): void {
    const { now } = this.#around;
    if (this.#wanted.length > 0) this.#enter("waiting", now);
    else if (this.isPaused) this.#enter("paused");
    // A slot that was missed is run at once.
    else this.#enter("waiting", Math.max(now, this.#gridStart + (lastSlot + 1) * this.#interval + this.#lateness));
  }

  /** The last slot whose run is due by now; one within its jitter is still to come. */
  get #slotNow(): number {
    return Math.max(0, Math.floor((this.#around.now - this.#gridStart - this.#lateness) / this.#interval));
  }

  #enter(state: ReferenceWorker["state"], until = Number.POSITIVE_INFINITY): void {
    this.state = state;
    this.until = until;
    this.enteredAs = ++entered;
  }

  #run(): void {
    this.runs++;
    this.#startedAt = this.#around.now;
    this.#lastSlot = this.#slotNow;
    this.#isExempt = this.isPaused && this.#wanted.length > 0;
    this.#served.push(...this.#wanted.splice(0));
    this.#runMode = this.#mode();
    this.#isEnding = false;
    this.#enter("running", this.kind === "loop" ? this.#startedAt + resetAfter : undefined);
    if (this.#runMode === "returns" || this.#runMode === "fails") this.#endSoon(this.#runMode);
  }

  #endSoon(how: Ending): void {
    this.#isEnding = true;
    this.#around.later(() => this.settle(how));
  }

  /** The state ends by itself. */
  elapse(): void {
    if (this.state === "waiting") {
      this.#run();
    } else if (this.state === "running") {
      this.#enter("running");
      this.#report("ok");
    } else {
      this.#begin();
    }
  }

  /** The run that is under way ends. */
  settle(how: Ending): void {
    if (this.state !== "running") return;
    this.#isExempt = false;
    const isFailure = how === "fails";
    const ok = how === "done" || (how === "returns" && this.stopReason === undefined);
    for (const id of this.#served.splice(0)) this.#around.settleTrigger(id, ok);
    if (isFailure) this.failures++;
    if (isFailure) this.#report("firing");
    else if (ok) this.#report("ok");
    if (this.stopReason !== undefined && !(this.stopReason === "pause" && how === "done")) this.#hasStopped(isFailure);
    else if (how === "done" || (isFailure && this.kind === "fragile")) this.#end(isFailure);
    else if (isFailure) this.#fail();
    else this.#succeed();
  }

  #succeed(): void {
    this.attempt = 0;
    if (this.kind === "loop") this.#enter("backoff", this.#around.now);
    else this.#awaitNext(this.#lastSlot);
  }

  #fail(): void {
    this.attempt = this.kind === "loop" && this.#upFor >= resetAfter ? 1 : this.attempt + 1;
    this.#around.emit("log", this.name);
    this.#enter("backoff", this.#around.now + (this.#wanted.length > 0 ? 0 : backoff));
  }

  #end(isFailure: boolean): void {
    this.stopReason = undefined;
    this.isDone = true;
    this.#rejectTriggers();
    this.#enter("stopped");
    this.#around.emit("exit", this.name);
    if (isFailure) this.#around.emit("log", this.name);
    this.#around.ended(isFailure);
  }

  #report(health: "ok" | "firing"): void {
    if (this.health === health) return;
    this.health = health;
    this.#around.emit("health", this.name);
  }

  /** Its runner does not wait for it any longer. */
  abandon(): void {
    this.#rejectTriggers();
  }

  #rejectTriggers(): void {
    for (const id of [...this.#served.splice(0), ...this.#wanted.splice(0)]) this.#around.settleTrigger(id, false);
  }

  trigger(id: number): void {
    this.#around.emit("command", this.name);
    this.#wanted.push(id);
    if (this.stopReason !== undefined || this.isToStart) return;
    if (this.state === "backoff") this.#enter("backoff", this.#around.now);
    else if (this.state === "waiting" || this.state === "paused") this.#enter("waiting", this.#around.now);
  }

  pause(): void {
    const wasPaused = this.state === "paused";
    const isOverruling = this.kind === "loop" && !wasPaused && this.stopReason !== "pause";
    if (!this.isPaused || isOverruling || this.#isExempt) this.#around.emit("command", this.name);
    this.#isExempt = false;
    this.isPaused = true;
    if (this.kind === "loop" && !wasPaused) this.requestStop("pause");
    else if (this.state === "waiting" && this.#wanted.length === 0) this.#enter("paused");
  }

  resume(): void {
    if (!this.isPaused) return;
    this.#around.emit("command", this.name);
    this.isPaused = false;
    // What was due during the pause is missed.
    if (this.state === "running") this.#lastSlot = this.#slotNow;
    if (this.state !== "paused" && this.state !== "waiting") return;
    if (this.#isUnstarted) this.start();
    else this.#awaitNext(this.#slotNow);
  }

  restart(): void {
    if (this.isPaused || this.stopReason !== "restart") this.#around.emit("command", this.name);
    this.isPaused = false;
    if (this.isDone) this.start();
    else this.requestStop("restart");
  }

  /** It is removed when it has exited, for whatever reason it is stopped. */
  remove(): void {
    if (this.stopReason === "stop") this.goes = true;
    else this.requestStop("remove");
  }

  requestStop(reason: NonNullable<ReferenceWorker["stopReason"]>): void {
    this.goes = reason === "remove" || (reason === "stop" && this.goes);
    this.stopReason = reason;
    if (this.isToStart) return;
    if (this.state !== "running") {
      this.#hasStopped(false);
      return;
    }
    // A worker that stops does not become well any more.
    this.until = Number.POSITIVE_INFINITY;
    if (this.#runMode === "waits" && !this.#isEnding) this.#endSoon("returns");
  }

  #hasStopped(isFailure: boolean): void {
    const reason = this.stopReason;
    const wasDone = this.isDone;
    this.stopReason = undefined;
    this.#rejectTriggers();
    this.#enter("stopped");
    if (!wasDone) this.#around.emit("exit", this.name);
    if (isFailure) this.#around.emit("log", this.name);
    if (reason === "restart" || reason === "pause") {
      this.start();
      return;
    }
    if (this.goes) this.#around.removed(this);
    if (reason === "stop" && !wasDone) this.#around.ended(isFailure);
  }
}
