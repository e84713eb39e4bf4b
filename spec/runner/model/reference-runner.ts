import { type Ending, type Kind, type Mode, ReferenceWorker, type Surroundings } from "./reference-worker.js";

export const shutdownTimeout = 20_000;

/** Everything that there may be on the runner. The intervals have no multiples in common that a history reaches. */
export const cast: Readonly<Record<string, { kind: Kind; interval: number; lateness?: number }>> = {
  sync: { kind: "job", interval: 10_000 },
  poll: { kind: "job", interval: 13_003 },
  // Its jitter is twice that, and chance always draws the middle.
  late: { kind: "job", interval: 19_001, lateness: 7_013 },
  listen: { kind: "loop", interval: 0 },
  watch: { kind: "loop", interval: 0 },
  fragile: { kind: "fragile", interval: 17_011 },
};

export type Outcome = "not run" | "pending" | "resolved" | "failed" | "timed out";

/** A runner as the documentation has it. */
export class ReferenceRunner implements Surroundings {
  now = 0;
  outcome: Outcome = "not run";
  /** When something has happened by itself since this was last emptied. */
  readonly moments: number[] = [];
  readonly modes = new Map<string, Mode>();
  readonly triggers = new Map<number, "pending" | "resolved" | "rejected">();
  #workers: ReferenceWorker[] = [];
  #stopsAt: number | undefined;
  #hasFailed = false;

  constructor(names: readonly string[]) {
    for (const name of names) this.add(name);
  }

  get rows(): string[] {
    return this.#workers.map(({ row }) => row);
  }

  /** Whether workers can be handled. */
  get isUp(): boolean {
    return this.outcome === "pending" && this.#stopsAt === undefined;
  }

  get hangs(): boolean {
    return this.outcome !== "pending" && this.#workers.some(({ state }) => state === "running");
  }

  worker(name: string): ReferenceWorker | undefined {
    return this.#workers.find((worker) => worker.name === name);
  }

  add(name: string): void {
    const actor = cast[name];
    if (actor === undefined) throw new Error(`${name} is not in the cast`);
    // A continuous worker that returned at once would be restarted for ever.
    const mode = (): Mode => {
      const chosen = this.modes.get(name) ?? "waits";
      return actor.kind === "loop" && chosen === "returns" ? "waits" : chosen;
    };
    const worker = new ReferenceWorker(name, actor, mode, this);
    this.#workers.push(worker);
    if (this.isUp) worker.start();
  }

  start(): void {
    this.#stopsAt = undefined;
    this.#hasFailed = false;
    this.outcome = this.#workers.length === 0 ? "resolved" : "pending";
    for (const worker of this.#workers) {
      Object.assign(worker, { runs: 0, failures: 0, isPaused: false });
      worker.start();
    }
  }

  stop(): void {
    if (!this.isUp) return;
    this.#stopsAt = this.now;
    for (const worker of [...this.#workers]) worker.tell("to stop");
    this.#endIfAllHave();
  }

  settle(name: string, how: Ending): void {
    this.worker(name)?.settle(how);
  }

  advance(ms: number): void {
    const end = this.now + ms;
    const deadline = (): number => (this.#stopsAt ?? Number.POSITIVE_INFINITY) + shutdownTimeout;
    for (;;) {
      const next = Math.min(deadline(), ...this.#workers.map(({ until }) => until));
      if (next > end) break;
      this.now = next;
      this.moments.push(next);
      if (next === deadline()) this.#timeOut();
      for (const worker of this.#workers.filter(({ until }) => until === next)) worker.elapse();
    }
    this.now = end;
  }

  remove(name: string): void {
    const worker = this.worker(name);
    if (worker === undefined) return;
    if (!this.isUp || worker.isDone) this.removed(worker);
    else worker.tell("to go");
  }

  settleTrigger(id: number, ok: boolean): void {
    if (this.triggers.get(id) === "pending") this.triggers.set(id, ok ? "resolved" : "rejected");
  }

  removed(worker: ReferenceWorker): void {
    this.#workers = this.#workers.filter((other) => other !== worker);
  }

  ended(isFailure: boolean): void {
    if (this.outcome !== "pending") return;
    this.#hasFailed ||= isFailure;
    if (isFailure) this.stop();
    this.#endIfAllHave();
  }

  #endIfAllHave(): void {
    if (this.outcome !== "pending" || this.#workers.some(({ state }) => state !== "stopped")) return;
    this.outcome = this.#hasFailed ? "failed" : "resolved";
    this.#stopsAt = undefined;
  }

  #timeOut(): void {
    for (const worker of this.#workers) worker.abandon();
    this.outcome = this.#hasFailed ? "failed" : "timed out";
    this.#stopsAt = undefined;
  }
}
