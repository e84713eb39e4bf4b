import { WorkerNotRunningError } from "watchbill";
import { Command, type Verb } from "./command.js";
import type { Environment } from "./environment.js";
import { type Random, times, type Weighted } from "./random.js";
import type { RunnerUnderTest, Slot, TrackedWorker } from "./runner-under-test.js";

const verbs: readonly Weighted<Verb>[] = [
  times(8, "trigger"),
  times(1, "resume"),
  ...(["pause", "restart", "remove"] as const).map((verb) => times(4, verb)),
];

/** Sends commands to random workers at random moments, blocks the event loop, and checks every answer. */
export class ChaosDriver {
  /** How many commands were sent, `add` included, and how many of them were a pause. */
  sent = 0;
  pauses = 0;
  readonly pending = new Set<Command>();
  readonly #slots: readonly { readonly runner: RunnerUnderTest; readonly slot: Slot }[];
  readonly #random: Random;
  #timers: NodeJS.Timeout[] = [];

  constructor(
    runners: readonly RunnerUnderTest[],
    random: Random,
    private readonly environment: Environment,
  ) {
    this.#slots = runners.flatMap((runner) => runner.slots.map((slot) => ({ runner, slot })));
    this.#random = random.fork();
  }

  start(): void {
    // One command to each worker first: what the library keeps for commands is kept from the start, and the heap levels off soon.
    for (const { runner, slot } of this.#slots) for (const worker of slot.workers) this.#send("pause", worker, runner);
    this.#timers = [setTimeout(this.#act, 0), setInterval(() => this.restoreWorkers(), 250)];
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Sends a few commands. The random values are drawn whatever the state of the workers is, so that the seed fixes them. */
  readonly #act = (): void => {
    const random = this.#random;
    const count = random.int(1, 4);
    const toOneSlot = random.oneIn(8);
    let target = random.oneOf(this.#slots);
    for (let index = 0; index < count; index++) {
      if (!toOneSlot) target = random.oneOf(this.#slots);
      const verb = random.pick(verbs);
      const choice = random.int(0, 3);
      const { workers } = target.slot;
      this.#send(verb, workers[choice % workers.length], target.runner);
    }
    if (random.oneIn(100)) blockEventLoop(random.oneIn(10) ? random.int(100, 300) : random.int(5, 50));
    this.#timers[0] = setTimeout(this.#act, random.int(0, 20));
  };

  #send(verb: Verb, target: TrackedWorker | undefined, runner: RunnerUnderTest): void {
    if (target === undefined || target.state === "removed") return;
    // It depends on timing whether these reach a worker that is leaving, so that no answer would be wrong.
    if (target.state === "leaving" && (verb === "restart" || verb === "pause")) return;
    const command = new Command(verb, target, runner, this.environment.runLogs);
    this.sent++;
    if (verb === "pause") this.pauses++;
    this.pending.add(command);
    void command.send().then((fault) => {
      this.pending.delete(command);
      if (fault !== undefined) this.environment.faults.add("commands", fault);
    });
  }

  /** Resumes the workers that were paused at least `pause` ms ago, restarts completed ones, and adds others for removed ones. */
  restoreWorkers(pause = 1_000): void {
    for (const { runner, slot } of this.#slots) {
      const removed = slot.workers.filter(({ state }) => state === "removed");
      if (removed.length === slot.workers.length) this.#add(slot.fill(), slot.workers, runner);
      // Not to a runner that is stopped: a worker that is added again has the counts of its last run there.
      else if (runner.isRunning)
        for (const tracked of removed) if (tracked.worker !== undefined) this.#add(tracked.worker, [tracked], runner);
      for (const tracked of slot.workers) {
        if (tracked.state !== "present") continue;
        if (tracked.isCompleted) this.#send("restart", tracked, runner);
        else if (this.environment.clock.now - tracked.pausedAt >= pause) this.#send("resume", tracked, runner);
      }
    }
  }

  #add(source: object, workers: readonly TrackedWorker[], runner: RunnerUnderTest): void {
    this.sent++;
    // Before the call, which may start their first runs.
    for (const tracked of workers) {
      tracked.state = "present";
      tracked.resetCounts();
    }
    try {
      runner.runner.add(source);
    } catch (error) {
      for (const tracked of workers) tracked.state = "removed";
      // A nested runner may be about to stop.
      if (error instanceof WorkerNotRunningError && workers.every(({ traits }) => traits.stopsWithOthers)) return;
      const names = workers.map(({ name }) => name).join(", ");
      this.environment.faults.add("commands", `add(${names}) was rejected: ${String(error)}`);
    }
  }
}

function blockEventLoop(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
