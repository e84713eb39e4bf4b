import type { SinonFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  DoNotRestart,
  observe,
  type Runner,
  ShutdownTimeoutError,
  StaticBackoff,
  type WorkerContext,
  WorkersFailedError,
} from "watchbill";
import { cast, type Outcome, shutdownTimeout } from "./reference-runner.js";
import { backoff, type Ending, type Mode, rowOf, type Site } from "./reference-worker.js";

const retry = new StaticBackoff({ sleep: backoff });

/** The real runner, with workers whose runs the spec can end. */
export class Stage {
  readonly runner: Runner;
  readonly modes = new Map<string, Mode>();
  readonly triggers = new Map<number, "pending" | "resolved" | "rejected">();
  outcome: Outcome = "not run";
  /** How many commands have not settled. */
  unsettled = 0;
  overlaps = 0;
  readonly #clock: SinonFakeTimers;
  readonly #runs = new Map<string, (how: Ending) => void>();
  readonly #armed: { readonly site: Site; readonly name: string; readonly call: () => void }[] = [];
  readonly #callOffs: (() => void)[];

  constructor(names: readonly string[], clock: SinonFakeTimers) {
    this.#clock = clock;
    const log = ({ worker }: { worker?: unknown }, message?: string): void => {
      if (typeof worker === "string" && message?.startsWith("failed") === true) this.#emit("log", worker);
    };
    const logger = { debug: log, info: log, warn: log, error: log };
    const channels = ["start", "exit", "health", "command"] as const;
    this.#callOffs = channels.map((site) => observe(`watchbill:${site}`, ({ worker }) => this.#emit(site, worker)));
    this.runner = bootstrap(names.map(this.declare), { logger, shutdownTimeout, signals: [] });
  }

  /** Ends the observation of all channels. */
  callOff(): void {
    for (const callOff of this.#callOffs) callOff();
  }

  /** Calls a command when something happens to a worker the next time. */
  arm(site: Site, name: string, call: () => void): void {
    this.#armed.push({ site, name, call });
  }

  #emit(site: Site, name: string): void {
    const due = this.#armed.filter((each) => each.site === site && each.name === name);
    for (const each of due) this.#armed.splice(this.#armed.indexOf(each), 1);
    for (const { call } of due) call();
  }

  readonly declare = (name: string): DeclarativeWorker => {
    const { kind, interval, lateness = 0 } = cast[name] ?? { kind: "loop", interval: 0 };
    const code = (context: WorkerContext) => this.#perform(name, context);
    if (kind === "loop") return new DeclarativeWorker({ name, worker: code, retry });
    const repeat = { interval, jitter: 2 * lateness };
    return new DeclarativeWorker({ name, job: code, repeat, ...(kind === "job" ? { retry } : {}) });
  };

  #perform(name: string, { signal }: WorkerContext): Promise<void> {
    if (this.#runs.has(name)) this.overlaps++;
    const mode = this.modes.get(name) ?? "waits";
    // All promises settle in the same number of steps, so that the order of the runs is the order in which they end.
    return new Promise<void>((resolve, reject) => {
      const end = (how: Ending): void => {
        // The signal may be that of further runs.
        if (this.#runs.get(name) !== end) return;
        this.#runs.delete(name);
        if (how === "returns") resolve();
        else reject(how === "done" ? new DoNotRestart("done") : new Error("failed"));
      };
      this.#runs.set(name, end);
      if (mode === "fails" || (mode === "returns" && cast[name]?.kind !== "loop")) end(mode);
      else if (mode !== "hangs") signal.addEventListener("abort", () => end("returns"));
    });
  }

  start(): void {
    this.outcome = "pending";
    this.runner.run().then(
      () => {
        this.outcome = "resolved";
      },
      (error: unknown) => {
        if (error instanceof WorkersFailedError) this.outcome = "failed";
        else if (error instanceof ShutdownTimeoutError) this.outcome = "timed out";
        else throw error;
      },
    );
  }

  settle(name: string, how: Ending): void {
    this.#runs.get(name)?.(how);
  }

  get performing(): string[] {
    return [...this.#runs.keys()].sort();
  }

  /** A command: its promise may resolve or reject, but must settle. */
  command(call: () => Promise<void> | void): void {
    this.unsettled++;
    const settled = (): void => {
      this.unsettled--;
    };
    new Promise<void>((resolve) => resolve(call())).then(settled, settled);
  }

  trigger(id: number, name: string): void {
    this.triggers.set(id, "pending");
    this.runner.trigger(name).then(
      () => this.triggers.set(id, "resolved"),
      () => this.triggers.set(id, "rejected"),
    );
  }

  /** Lets time go by, to each of the moments in turn. What follows at once does so in the next turns of the event loop. */
  async advance(moments: readonly number[]): Promise<void> {
    for (const moment of moments) {
      await this.#clock.tickAsync(moment - Date.now());
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    }
  }

  rows(): string[] {
    return this.runner.status().map(rowOf);
  }
}
