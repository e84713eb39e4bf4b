import type { WorkerStatus } from "watchbill";

/** What a worker's code does when it is called: return at once, fail at once, or go on, heeding the signal or not. */
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
}: Pick<WorkerStatus, "name" | "phase" | "runs" | "failures" | "attempt">): string {
  return `${name} ${phase}, ${runs} runs, ${failures} failures, attempt ${attempt}`;
}

/** What the reference model knows of the runner around a worker. */
export interface Surroundings {
  now: number;
  settleTrigger(id: number, ok: boolean): void;
  /** The worker has ended for good, with an error or without. */
  ended(isFailure: boolean): void;
  removed(worker: ReferenceWorker): void;
}

/**
 * One worker as the documentation has it, in the plainest terms: one state, and when that ends by itself. Knows nothing of links,
 * activities or timers.
 */
export class ReferenceWorker {
  state: "waiting" | "running" | "backoff" | "paused" | "stopped" = "stopped";
  /** When the state ends by itself. */
  until = Number.POSITIVE_INFINITY;
  runs = 0;
  failures = 0;
  attempt = 0;
  isPaused = false;
  isDone = false;
  /** Told to stop: with all others, to be paused, to come back, or to go. */
  isTold: "to stop" | "to pause" | "to come back" | "to go" | undefined;
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
  /** Paused before it was started at all. */
  #isUnstarted = false;
  /** To be removed once it has stopped, whatever else. */
  #goes = false;
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
    const { name, state, runs, failures } = this;
    const isUp = this.kind === "loop" && state === "running" && this.#upFor >= resetAfter;
    const phase = state === "backoff" && this.isPaused ? "paused" : state;
    return rowOf({ name, phase, runs, failures, attempt: isUp || state === "stopped" ? 0 : this.attempt });
  }

  get #upFor(): number {
    return this.#around.now - this.#startedAt;
  }

  start(): void {
    this.attempt = 0;
    this.isDone = false;
    this.isTold = undefined;
    // A grid goes on while its worker is paused.
    this.#isUnstarted = this.isPaused && this.kind === "loop";
    if (this.#isUnstarted) this.#enter("paused");
    else this.#begin();
  }

  /** A start, or a restart by the retry. */
  #begin(): void {
    this.#isUnstarted = false;
    this.#gridStart = this.#around.now;
    if (this.kind === "loop") this.#run();
    else this.#awaitNext(0);
  }

  #awaitNext(lastSlot: number): void {
    if (this.#wanted.length > 0) this.#run();
    else if (this.isPaused) this.#enter("paused");
    else this.#enter("waiting", this.#gridStart + (lastSlot + 1) * this.#interval + this.#lateness);
    // A slot that was missed is made up for at once.
    if (this.until <= this.#around.now) this.#run();
  }

  /** The last slot whose run is due by now; one within its jitter is still to come. */
  get #slotNow(): number {
    return Math.max(0, Math.floor((this.#around.now - this.#gridStart - this.#lateness) / this.#interval));
  }

  #enter(state: ReferenceWorker["state"], until = Number.POSITIVE_INFINITY): void {
    this.state = state;
    this.until = until;
  }

  #run(): void {
    this.runs++;
    this.#startedAt = this.#around.now;
    this.#lastSlot = this.#slotNow;
    this.#served.push(...this.#wanted.splice(0));
    this.#runMode = this.#mode();
    this.#enter("running");
    if (this.#runMode === "returns" || this.#runMode === "fails") this.settle(this.#runMode);
  }

  /** The state ends by itself. */
  elapse(): void {
    if (this.state === "waiting") this.#run();
    else this.#begin();
  }

  /** The run that is under way ends. */
  settle(how: Ending): void {
    if (this.state !== "running") return;
    const isFailure = how === "fails";
    const ok = how === "done" || (how === "returns" && this.isTold === undefined);
    for (const id of this.#served.splice(0)) this.#around.settleTrigger(id, ok);
    if (isFailure) this.failures++;
    if (this.isTold !== undefined && !(this.isTold === "to pause" && how === "done")) this.#hasStopped(isFailure);
    else if (how === "done" || (isFailure && this.kind === "fragile")) this.#end(isFailure);
    else if (isFailure) this.#fail();
    else this.#succeed();
  }

  #succeed(): void {
    this.attempt = 0;
    if (this.kind === "loop") this.#begin();
    else this.#awaitNext(this.#lastSlot);
  }

  #fail(): void {
    this.attempt = this.kind === "loop" && this.#upFor >= resetAfter ? 1 : this.attempt + 1;
    this.#enter("backoff", this.#around.now + backoff);
    if (this.#wanted.length > 0) this.elapse();
  }

  #end(isFailure: boolean): void {
    this.isTold = undefined;
    this.isDone = true;
    this.#rejectTriggers();
    this.#enter("stopped");
    this.#around.ended(isFailure);
  }

  /** Nobody waits for it any longer. */
  abandon(): void {
    this.#rejectTriggers();
  }

  #rejectTriggers(): void {
    for (const id of [...this.#served.splice(0), ...this.#wanted.splice(0)]) this.#around.settleTrigger(id, false);
  }

  trigger(id: number): void {
    this.#wanted.push(id);
    if (this.isTold !== undefined) return;
    if (this.state === "backoff") this.#begin();
    else if (this.state === "waiting" || this.state === "paused") this.#run();
  }

  pause(): void {
    const wasPaused = this.state === "paused";
    this.isPaused = true;
    if (this.kind === "loop" && !wasPaused) this.tell("to pause");
    else if (this.state === "waiting") this.#enter("paused");
  }

  resume(): void {
    this.isPaused = false;
    if (this.state !== "paused" && this.state !== "waiting") return;
    if (this.#isUnstarted) this.start();
    else this.#awaitNext(this.#slotNow);
  }

  restart(): void {
    this.isPaused = false;
    if (this.isDone) this.start();
    else this.tell("to come back");
  }

  tell(what: NonNullable<ReferenceWorker["isTold"]>): void {
    this.#goes = what === "to go" || (what === "to stop" && this.#goes);
    this.isTold = what;
    if (this.state !== "running") this.#hasStopped(false);
    else if (this.#runMode === "waits") this.settle("returns");
  }

  #hasStopped(isFailure: boolean): void {
    const told = this.isTold;
    const wasDone = this.isDone;
    this.isTold = undefined;
    this.#rejectTriggers();
    this.#enter("stopped");
    if (told === "to come back" || told === "to pause") {
      this.start();
      return;
    }
    if (this.#goes) this.#around.removed(this);
    if (told === "to stop" && !wasDone) this.#around.ended(isFailure);
  }
}
