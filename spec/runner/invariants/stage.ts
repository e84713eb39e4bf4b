import { getEventListeners } from "node:events";
import { expect } from "chai";
import type { SinonFakeTimers } from "sinon";
import {
  bootstrap,
  type DeclarativeWorker,
  DoNotRestart,
  type Runner,
  type RunnerOptions,
  StopAll,
  type WorkerContext,
  type WorkerStatus,
} from "watchbill";
import { interrupt, onInterruption, uninterrupted } from "./interruptions.js";
import { type Ending, innerActors, type Mode, type Setup, type Source, type SourceContext } from "./sources.js";

/** The code of one worker. */
interface Actor {
  readonly name: string;
  /** Ends the call that is under way. */
  end: ((how: Ending) => void) | undefined;
  /** Whether it has been called and has not returned yet. */
  isCalled: boolean;
  calls: number;
  /** How many commands it has called. */
  commands: number;
}

const log = (): void => interrupt("logger");
const logger = { debug: log, info: log, warn: log, error: log };
/** The longest shutdown timeout of any worker. */
const longestToStop = 90_000;
const phases = ["waiting", "running", "overdue", "backoff", "paused", "stopped"];

/** A runner whose every call of code is as planned, and what must hold whatever happens to it. */
export class Stage implements SourceContext {
  readonly runner: Runner;
  readonly plans = new Map<string, readonly Mode[]>();
  outcome: unknown = "not run";
  stopper = new AbortController();
  /** How many commands the code of each worker calls. */
  commandsOfEach = 3;
  /** How many commands were called. */
  commands = 0;
  #inner: Runner | undefined;
  /** The one that was declared last: it is the inner one only if it was added. */
  #declaredInner: Runner | undefined;
  /** What went wrong that can be seen only when it happens. */
  readonly #faults: string[];
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #clock: SinonFakeTimers;
  readonly #actors = new Map<unknown, Actor>();
  readonly #signals = new Set<AbortSignal>();
  /** When each of the commands was called that have not settled. */
  readonly #unsettled = new Map<string, number>();
  readonly #known = new Map<string, DeclarativeWorker>();
  #figures = new Map<DeclarativeWorker, { runs: number; failures: number }>();
  /** Those that were paused, and no command that lets them run was called since. */
  readonly #held = new Set<string>();
  /** The number of the last command to each. */
  readonly #latest = new Map<string, number>();

  constructor({ sources, options }: Setup, clock: SinonFakeTimers, faults: string[]) {
    this.#faults = faults;
    this.#clock = clock;
    this.#sources = new Map(sources.map((source) => [source.name, source]));
    this.runner = bootstrap(
      sources.map((source) => source.declare(this)),
      { ...options, logger, signals: [] },
    );
    this.#inner = this.#declaredInner;
  }

  /** Observes every channel until the function that is returned is called. */
  interrupt(isTraced = false): () => void {
    return onInterruption(({ command, name }) => this.command(command, name), isTraced);
  }

  readonly within = (sources: readonly object[], options: RunnerOptions): Runner =>
    (this.#declaredInner = bootstrap(sources, { ...options, logger }));

  readonly codeOf = (name: string) => {
    const role: Actor = { name, end: undefined, isCalled: false, calls: 0, commands: 0 };
    const code = (context: WorkerContext) => {
      if (role.end !== undefined || role.isCalled) this.#faults.push(`two calls of ${role.name} at a time`);
      role.isCalled = true;
      try {
        return this.#perform(role, context);
      } finally {
        role.isCalled = false;
      }
    };
    this.#actors.set(code, role);
    return code;
  };

  #perform(role: Actor, context: WorkerContext): unknown {
    if (this.#held.has(role.name)) this.#faults.push(`${role.name} was called while it was paused`);
    const plan = this.plans.get(role.name) ?? ["waits"];
    const planned = plan[role.calls++ % plan.length] ?? "waits";
    const [before = "", after] = planned.split(" and ");
    const mode = after ?? planned;
    if (after !== undefined) this.#commandBy(before, role, context);
    if (mode === "returns") return undefined;
    if (mode === "throws") throw new Error("thrown");
    if (mode === "is done") throw new DoNotRestart("done");
    if (mode === "stops all") throw new StopAll("stop");
    let timer: NodeJS.Timeout | undefined;
    const promise = new Promise<void>((resolve, reject) => {
      role.end = (how) => {
        role.end = undefined;
        clearTimeout(timer);
        if (mode !== "hangs") context.signal.removeEventListener("abort", onAborted);
        if (how === "returns") resolve();
        else reject(errorOf(how));
      };
      const onAborted = (): void => {
        interrupt("abort listener");
        if (mode === "lingers") timer = setTimeout(() => role.end?.("returns"), 5_000);
        else role.end?.(this.#endingOf(mode, role, context));
      };
      if (mode === "hangs") return;
      this.#signals.add(context.signal);
      context.signal.addEventListener("abort", onAborted);
      if (context.signal.aborted) onAborted();
    });
    if (mode === "resolves" || mode === "rejects") role.end?.(mode === "resolves" ? "returns" : "fails");
    if (!mode.endsWith("when stopped")) this.#commandBy(mode, role, context);
    return promise;
  }

  #endingOf(mode: string, role: Actor, context: WorkerContext): Ending {
    if (mode === "fails when stopped") return "fails";
    if (mode === "is done when stopped") return "is done";
    if (mode === "stops all when stopped") return "stops all";
    this.#commandBy(mode.replace(" when stopped", ""), role, context);
    return "returns";
  }

  #commandBy(mode: string, role: Actor, { reportHealth }: WorkerContext): void {
    const [verb = "", name] = mode.split(" ");
    if (mode === "reports a problem") reportHealth(new Error("reported"));
    else if (mode === "reports its health") reportHealth();
    // One that always restarts itself at once would do so for ever.
    else if (name !== undefined && role.commands++ < this.commandsOfEach)
      this.command(verb.slice(0, -1), name === "itself" ? role.name : name);
  }

  /** Ends calls of that name; of all, if there is none. */
  unref(how: Ending, name?: string): void {
    for (const role of this.#actors.values()) if (name === undefined || role.name === name) role.end?.(how);
  }

  run(): void {
    if (this.outcome === "pending") return;
    this.outcome = "pending";
    this.stopper = new AbortController();
    this.#signals.add(this.stopper.signal);
    this.#figures.clear();
    this.#held.clear();
    this.runner.run({ signal: this.stopper.signal }).then(
      () => (this.outcome = "resolved"),
      (error: unknown) => (this.outcome = error),
    );
  }

  command(what: string, name: string): void {
    const runner = innerActors.includes(name) ? this.#inner : this.runner;
    if (runner === undefined) return;
    const id = ++this.commands;
    const shown = `${what}(${name}) as command ${id}`;
    this.#unsettled.set(shown, Date.now());
    const { stopper } = this;
    this.#held.delete(name);
    if (what.startsWith("add")) {
      this.#latest.clear();
      // Those that are added under the names of others that were removed are not paused.
      for (const held of this.#held) if (`${held}/`.startsWith(`${name}/`)) this.#held.delete(held);
    }
    this.#latest.set(name, id);
    const settled = (isGranted: boolean): void => {
      this.#unsettled.delete(shown);
      // One that comes back after that is counted anew.
      if (what === "remove") for (const worker of this.#figures.keys()) if (worker.name === name) this.#figures.delete(worker);
      if (isGranted && runner === this.runner) this.#checkGranted(what, name, shown, stopper, id === this.#latest.get(name));
    };
    new Promise<void>((resolve) => resolve(this.#call(runner, what, name))).then(
      () => settled(true),
      () => settled(false),
    );
  }

  #call(runner: Runner, what: string, name: string): Promise<void> | void {
    if (what === "trigger" || what === "pause" || what === "restart" || what === "remove") return runner[what](name);
    if (what === "resume") return runner.resume(name);
    if (what === "stop") return runner.stop();
    runner.add(
      what === "add" ? (uninterrupted(() => this.#sources.get(name)?.declare(this)) ?? {}) : (this.#known.get(name) ?? {}),
    );
    if (what === "add") this.#inner = this.#declaredInner;
  }

  /** What must hold at the moment at which a command is said to have been carried out. */
  #checkGranted(what: string, name: string, shown: string, stopper: AbortController, isLatest: boolean): void {
    const isRunning = (what === "pause" || what === "remove") && isLatest && this.#isCalled(name);
    const isThere = what === "remove" && isLatest && this.runner.workers.some((worker) => worker.name === name);
    const runsOn = what === "stop" && stopper === this.stopper && this.outcome === "pending";
    if (isRunning || isThere || runsOn) this.#faults.push(`${shown} was not carried out when its promise resolved`);
    if (what === "pause" && isLatest) this.#held.add(name);
  }

  /** To each moment in turn at which something is due; of very many only to the first. */
  async advance(ms: number): Promise<void> {
    let isOver = false;
    const end = setTimeout(() => (isOver = true), ms);
    for (let moment = 0; moment < 50 && !isOver; moment++) {
      this.#clock.next();
      await turns();
    }
    clearTimeout(end);
  }

  /** As if the event loop had been blocked. */
  async block(ms: number): Promise<void> {
    this.#clock.jump(ms);
    await turns();
  }

  check(): void {
    expect(this.#faults.join("\n")).to.equal("");
    // A trigger settles with its run, and stop() with run().
    const late = [...this.#unsettled].filter(([shown, calledAt]) => {
      return Date.now() - calledAt > longestToStop && !/^(trigger|stop)/.test(shown);
    });
    expect(late, "commands that have not settled in time").to.deep.equal([]);
    this.#checkRows(this.runner);
    if (this.#inner !== undefined) this.#checkRows(this.#inner);
    const rows = statusOf(this.runner);
    const figures = this.runner.workers.map((worker, index) => [worker, rows[index] ?? { runs: -1, failures: -1 }] as const);
    for (const [worker, { runs, failures }] of figures) {
      const before = this.#figures.get(worker) ?? { runs: 0, failures: 0 };
      expect(runs, `runs of ${worker.name}`).to.be.at.least(before.runs);
      expect(failures, `failures of ${worker.name}`).to.be.at.least(before.failures);
    }
    for (const worker of [...this.runner.workers, ...(this.#inner?.workers ?? [])])
      if (worker.name !== undefined) this.#known.set(worker.name, worker);
    this.#figures = new Map(figures);
    if (this.outcome !== "resolved") return;
    const called = [...this.#actors.values()].filter(({ name, end }) => end !== undefined && !innerActors.includes(name));
    expect(called, "code that runs after run() has resolved").to.deep.equal([]);
  }

  #checkRows(runner: Runner): void {
    const { workers } = runner;
    const rows = statusOf(runner);
    const names = rows.map((row, index) => `${row.runner === "" ? "" : `${row.runner}/`}${workers[index]?.name}`);
    expect(rows.map(({ name }) => name)).to.deep.equal(names);
    expect(JSON.parse(JSON.stringify(rows)), "rows that are not plain").to.deep.equal(rows);
    const hasEnded = runner === this.runner && this.outcome !== "pending";
    for (const [index, { name, worker, job }] of workers.entries()) {
      const phase = rows[index]?.phase ?? "none";
      expect(phase).to.be.oneOf(phases);
      if (hasEnded) expect(phase, `${name} after the run`).to.be.oneOf(["stopped", "running", "overdue"]);
      const isRunning = phase === "running" || phase === "overdue";
      const role = this.#actors.get(worker ?? job);
      if (role !== undefined) expect(isRunning, `${name} is ${phase}; is its code called`).to.equal(role.end !== undefined);
      else if (name === "tree" && this.#isCalled("tree")) expect(isRunning, `tree is ${phase} and called`).to.equal(true);
    }
  }

  /** Whether any code is under way whose name begins like that. */
  #isCalled(prefix: string): boolean {
    return [...this.#actors.values()].some(({ name, end }) => end !== undefined && `${name}/`.startsWith(`${prefix}/`));
  }

  /** Ends all calls, and stops the runner. */
  async end(): Promise<void> {
    this.plans.clear();
    for (let turn = 0; turn < 4; turn++) {
      this.unref("returns");
      this.command("stop", "");
      await this.advance(1);
      await this.advance(100_000);
      this.check();
    }
    expect(this.outcome, "outcome of run()").to.not.equal("pending");
    expect([...this.#unsettled.keys()], "commands that have not settled").to.deep.equal([]);
    expect(this.#clock.countTimers(), "timers left behind").to.equal(0);
    const listeners = [...this.#signals].map((signal) => getEventListeners(signal, "abort").length);
    expect(Math.max(0, ...listeners), "listeners left behind").to.equal(0);
  }
}

/** The status asks schedules, from which a command may be called that changes it at once. */
function statusOf(runner: Runner): WorkerStatus[] {
  return uninterrupted(() => runner.status());
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

function errorOf(how: Exclude<Ending, "returns">): Error {
  if (how === "fails") return new Error("failed");
  return how === "is done" ? new DoNotRestart("done") : new StopAll("stop");
}
