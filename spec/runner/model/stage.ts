import type { SinonFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  DoNotRestart,
  type Runner,
  ShutdownTimeoutError,
  StaticBackoff,
  type WorkerContext,
  WorkersFailedError,
} from "watchbill";
import { cast, type Outcome, shutdownTimeout } from "./reference-runner.js";
import { backoff, type Ending, type Mode, rowOf } from "./reference-worker.js";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const retry = new StaticBackoff({ sleep: backoff });

/** The real runner, with workers whose every run can be ended by hand. */
export class Stage {
  readonly runner: Runner;
  readonly modes = new Map<string, Mode>();
  readonly triggers = new Map<number, "pending" | "resolved" | "rejected">();
  outcome: Outcome = "not run";
  /** WorkerCommands that have not been answered. */
  unanswered = 0;
  overlaps = 0;
  readonly #clock: SinonFakeTimers;
  readonly #runs = new Map<string, (how: Ending) => void>();

  constructor(names: readonly string[], clock: SinonFakeTimers) {
    this.#clock = clock;
    this.runner = bootstrap(names.map(this.declare), { logger, shutdownTimeout, signals: [] });
  }

  readonly declare = (name: string): DeclarativeWorker => {
    const { kind, interval, lateness = 0 } = cast[name] ?? { kind: "loop", interval: 0 };
    const code = (context: WorkerContext) => this.#perform(name, context);
    if (kind === "loop") return new DeclarativeWorker({ name, worker: code, retry });
    const repeat = { interval, jitter: 2 * lateness };
    return new DeclarativeWorker({ name, job: code, repeat, ...(kind === "job" ? { retry } : {}) });
  };

  async #perform(name: string, { signal }: WorkerContext): Promise<void> {
    if (this.#runs.has(name)) this.overlaps++;
    const mode = this.modes.get(name) ?? "waits";
    try {
      if (mode === "fails") throw new Error("failed at once");
      if (mode === "returns" && cast[name]?.kind !== "loop") return;
      await new Promise<void>((resolve, reject) => {
        this.#runs.set(name, (how) => {
          if (how === "returns") resolve();
          else reject(how === "done" ? new DoNotRestart("done") : new Error("failed"));
        });
        if (mode !== "hangs") signal.addEventListener("abort", () => resolve());
      });
    } finally {
      this.#runs.delete(name);
    }
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

  /** A command whose answer may be anything, but must come. */
  order(give: () => Promise<void> | void): void {
    this.unanswered++;
    const answered = (): void => {
      this.unanswered--;
    };
    Promise.resolve().then(give).then(answered, answered);
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
