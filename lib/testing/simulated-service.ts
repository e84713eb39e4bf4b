import { type DeclarativeWorker, type JobFunc, nameMatcher, Runner, WorkersFailedError, wait } from "../index.js";
import { dailyIntervals, firstTime } from "./local-time.js";
import { MemoryFleet } from "./memory-engine.js";
import { RealRuns } from "./real-runs.js";
import { type RecordedWorker, Recorder } from "./recorder.js";
import { PlanOptions, RunPlan } from "./run-plan.js";
import { SimulatedProcess } from "./simulated-process.js";
import { byPattern, type SimulatedCommand, type SimulationOptions } from "./simulation-options.js";
import type { Timeline } from "./timeline.js";
import type { VirtualClock } from "./virtual-clock.js";

/** How long the locks of a replica that has died hold, in ms, as with the defaults of `watchbill/bullmq`. */
const lockTime = 35_000;

/** How soon after a pause a distributed worker runs that is due, in ms: more often takes longer than all runs of a day. */
const poll = 1_000;

/** How long what still runs at the end may take to stop, in ms. */
const longestStop = 3_600_000;

const commands = ["trigger", "pause", "resume", "restart"] as const;

/** Something that happens to the service at a time, in ms since the epoch. */
interface Incident {
  readonly at: number;
  readonly happen: () => void;
}

/** A service with one process, or several replicas, on the virtual clock. */
export class SimulatedService {
  readonly #workers: readonly DeclarativeWorker[];
  readonly #options: SimulationOptions;
  readonly #clock: VirtualClock;
  readonly #start: number;
  readonly #end: number;
  readonly #names: readonly string[];
  readonly #planOptions: PlanOptions;
  readonly #plans = new Map<string, RunPlan>();
  /** The function to call in place of a job. */
  readonly #fakeOf: (name: string) => JobFunc | undefined;
  readonly #incidents: readonly Incident[];
  readonly #recorder: Recorder;
  readonly #fleet: MemoryFleet | undefined;
  readonly #realRuns: RealRuns | undefined;
  readonly #processes: SimulatedProcess[] = [];
  /** What runs now, by the number of the replica. */
  readonly #current = new Map<number, SimulatedProcess>();

  /** @throws InvalidArgumentError if an option is malformed, or a pattern names no worker */
  constructor(runner: Runner, options: SimulationOptions, clock: VirtualClock, length: number) {
    const { maxEvents = 1_000_000, replicas, jobs = "model" } = options;
    this.#workers = runner.workers;
    this.#options = options;
    this.#clock = clock;
    this.#start = clock.now;
    this.#end = clock.now + length;
    const rows = rowsOf(runner);
    this.#names = rows.map(({ name }) => name);
    this.#planOptions = new PlanOptions(options, this.#names, this.#start, this.#end);
    this.#fakeOf = typeof jobs === "string" ? () => undefined : byPattern("jobs", jobs, this.#names);
    for (const name of this.#names) this.#planOf(name);
    this.#incidents = this.#readIncidents();
    this.#fleet = replicas === undefined ? undefined : new MemoryFleet({ lockTime, poll });
    this.#realRuns = jobs === "real" ? new RealRuns() : undefined;
    this.#recorder = new Recorder(this.#start, this.#end, maxEvents, rows, replicas !== undefined);
  }

  readonly #planOf = (name: string): RunPlan => {
    let plan = this.#plans.get(name);
    if (plan === undefined) {
      plan = new RunPlan(name, this.#planOptions);
      this.#plans.set(name, plan);
    }
    return plan;
  };

  /** Runs from the start to the end, and stops. */
  async run(): Promise<Timeline> {
    const { replicas = 1, timezone = "UTC", seed = 1 } = this.#options;
    try {
      await this.#realRuns?.begin();
      for (let number = 1; number <= replicas; number++) this.#startProcess(number);
      for (const { at, happen } of this.#incidents) void wait(at - this.#start).then(happen);
      await this.#clock.advance(this.#end - this.#start, () => this.#realRuns?.check());
      const outages = this.#names.flatMap((worker) => this.#planOf(worker).outages.map((outage) => ({ worker, ...outage })));
      return this.#recorder.finish({ timezone, seed, outages });
    } finally {
      this.#recorder.close();
      await this.#stop();
    }
  }

  #startProcess(number: number): void {
    const { jobs = "model", bootstrap = {}, kill, freeze } = this.#options;
    const process = new SimulatedProcess({
      number,
      workers: this.#workers,
      isReal: jobs === "real",
      isFragile: kill !== undefined || freeze !== undefined,
      engine: this.#fleet?.replica(),
      bootstrap,
      recorder: this.#recorder,
      planOf: this.#planOf,
      fakeOf: this.#fakeOf,
      around: this.#realRuns === undefined ? [] : [this.#realRuns.around],
    });
    this.#processes.push(process);
    this.#current.set(number, process);
    process.start((error) => {
      if (process.isDead || process.isStopping) return;
      this.#recorder.endEarly(Date.now(), error === undefined ? "all workers have completed" : describeFailure(error));
    });
  }

  #readIncidents(): readonly Incident[] {
    const { kill = {}, freeze = {}, deploy = [], commands: given = [] } = this.#options;
    const incidents: Incident[] = [];
    for (const [replica, time] of Object.entries(kill))
      incidents.push({ at: firstTime("kill", time, this.#start), happen: () => this.#kill(Number(replica)) });
    for (const [replica, times] of Object.entries(freeze))
      for (const { from, to } of dailyIntervals("freeze", times, this.#start, this.#end)) {
        let frozen: SimulatedProcess | undefined;
        incidents.push({
          at: Math.max(from, this.#start),
          happen: () => {
            frozen = this.#current.get(Number(replica));
            frozen?.freeze();
          },
        });
        incidents.push({ at: to, happen: () => frozen?.unfreeze() });
      }
    for (const time of typeof deploy === "string" ? [deploy] : deploy)
      incidents.push({ at: firstTime("deploy", time, this.#start), happen: () => void this.#deploy() });
    for (const command of given) incidents.push(this.#readCommand(command));
    return incidents.sort((a, b) => a.at - b.at);
  }

  #readCommand(command: SimulatedCommand): Incident {
    const { at, reason } = command;
    const name = commands.find((each) => each in command) ?? "trigger";
    const pattern = String(Reflect.get(command, name));
    // Reports a pattern that names no worker.
    byPattern("commands", { [pattern]: true }, this.#names);
    const matches = nameMatcher(pattern);
    const options = { by: "simulation", ...(reason === undefined ? undefined : { reason }) };
    return {
      at: firstTime("commands", at, this.#start),
      happen: () => {
        for (const process of this.#current.values())
          for (const { name: worker = "" } of process.runner.workers) if (matches(worker)) process.send(name, worker, options);
      },
    };
  }

  #kill(number: number): void {
    const process = this.#current.get(number);
    if (process === undefined) return;
    this.#current.delete(number);
    this.#recorder.add("", "killed", `replica ${number}`);
    process.kill();
  }

  /** Replaces the replicas one after another: each is stopped, and its successor started when it has ended. */
  async #deploy(): Promise<void> {
    for (const number of [...this.#current.keys()].sort((a, b) => a - b)) {
      const process = this.#current.get(number);
      if (process === undefined) continue;
      await process.stop();
      if (Date.now() >= this.#end) return;
      this.#recorder.add("", "deployed", `replica ${number}`);
      this.#startProcess(number);
    }
  }

  /** Stops what still runs, so that nothing is left on the virtual clock. */
  async #stop(): Promise<void> {
    const stopping = this.#processes.map((process) => process.stop());
    let hasStopped = false;
    void Promise.all(stopping).then(() => {
      hasStopped = true;
    });
    for (let waited = 0; !hasStopped && waited < longestStop; waited += 1_000) await this.#clock.advance(1_000);
    if (this.#fleet !== undefined) this.#fleet.isClosed = true;
  }
}

function describeFailure(error: unknown): string {
  if (error instanceof WorkersFailedError)
    return error.errors.map(({ message }, index) => `${error.workers[index] ?? ""}: ${message}`).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** The workers of a runner, those of the runners within it included, under the names that their events have. */
function rowsOf(runner: Runner, outer = ""): RecordedWorker[] {
  const rows = runner.status();
  return runner.workers.flatMap((worker, index) => {
    const { name: inner = "", group = null, schedule = null } = rows[index] ?? {};
    const name = outer === "" ? inner : `${outer}/${inner}`;
    return worker.worker instanceof Runner
      ? rowsOf(worker.worker, name)
      : [{ name, group, schedule, isDistributed: worker.distributed === true }];
  });
}
