import { type Ending, type Kind, type Mode, ReferenceWorker, type Site, type Surroundings } from "./reference-worker.js";

export const shutdownTimeout = 20_000;

/** Everything that there may be on the runner. The intervals have no multiples in common that a history reaches. */
export const cast: Readonly<Record<string, { kind: Kind; interval: number; lateness?: number }>> = {
  sync: { kind: "job", interval: 10_007 },
  poll: { kind: "job", interval: 13_003 },
  // Its jitter is twice that, and chance always draws the middle.
  late: { kind: "job", interval: 19_001, lateness: 7_013 },
  listen: { kind: "loop", interval: 0 },
  watch: { kind: "loop", interval: 0 },
  fragile: { kind: "fragile", interval: 17_011 },
};

export type Outcome = "not run" | "pending" | "resolved" | "failed" | "timed out";

/** A runner as the documentation describes it. */
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
  /** The commands that are called from each site. */
  readonly #armed: { readonly site: Site; readonly name: string; readonly call: () => () => void }[] = [];
  readonly #commands: (() => void)[] = [];
  /** The workers to start, one after the other. */
  readonly #steps: (() => void)[] = [];
  readonly #changes: (() => void)[] = [];

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
    this.emit("command", name);
    if (!this.isUp) return;
    worker.reset();
    this.#steps.push(() => worker.start());
  }

  /**
   * Calls a command when something happens to a worker the next time.
   * @param call returns the command, which runs after the change
   */
  arm(site: Site, name: string, call: () => () => void): void {
    this.#armed.push({ site, name, call });
  }

  emit(site: Site, name: string): void {
    // A worker that fails after the runner has stopped has another line in the log.
    if (site === "log" && this.outcome !== "pending") return;
    const due = this.#armed.filter((each) => each.site === site && each.name === name);
    for (const each of due) this.#armed.splice(this.#armed.indexOf(each), 1);
    for (const { call } of due) this.#commands.push(call());
  }

  later(change: () => void): void {
    this.#changes.push(change);
  }

  /** After a change: the commands that were called in its middle, and everything that happens at once. */
  settleAll(): void {
    this.#runCommands();
    for (;;) {
      const change = this.#changes.shift();
      const [worker] = this.#due(this.now);
      if (change !== undefined) change();
      else if (worker !== undefined) worker.elapse();
      else return;
      this.#runCommands();
    }
  }

  /** The workers whose state ends by itself, in the order in which it began. */
  #due(now: number): ReferenceWorker[] {
    return this.#workers.filter(({ until }) => until <= now).sort((one, other) => one.enteredAs - other.enteredAs);
  }

  #runCommands(): void {
    for (;;) {
      const next = this.#commands.shift() ?? this.#steps.shift();
      if (next === undefined) return;
      next();
    }
  }

  start(): void {
    this.#stopsAt = undefined;
    this.#hasFailed = false;
    this.outcome = this.#workers.length === 0 ? "resolved" : "pending";
    const workers = [...this.#workers];
    for (const worker of workers) worker.reset();
    for (const worker of workers) this.#steps.push(() => worker.start());
  }

  stop(): void {
    if (!this.isUp) return;
    this.#stopsAt = this.now;
    for (const worker of [...this.#workers]) worker.requestStop("stop");
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
      for (const worker of this.#due(next)) {
        if (worker.until === next) worker.elapse();
        this.#runCommands();
      }
      this.settleAll();
    }
    this.now = end;
  }

  remove(name: string): void {
    const worker = this.worker(name);
    if (worker === undefined) return;
    if (!worker.goes) this.emit("command", name);
    if (worker.isToStart || worker.state === "running" || (this.isUp && !worker.isDone)) worker.remove();
    else this.removed(worker);
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
    if (this.outcome !== "pending" || this.#workers.some(({ state, isToStart }) => isToStart || state !== "stopped")) return;
    this.outcome = this.#hasFailed ? "failed" : "resolved";
    this.#stopsAt = undefined;
  }

  #timeOut(): void {
    for (const worker of this.#workers) worker.abandon();
    this.outcome = this.#hasFailed ? "failed" : "timed out";
    this.#stopsAt = undefined;
  }
}
