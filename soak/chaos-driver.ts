import { WorkerNotRunningError } from "watchbill";
import { sendCommand, type Verb } from "./command.js";
import type { Environment } from "./environment.js";
import { type Random, times, type Weighted } from "./random.js";
import type { RunnerUnderTest, Slot, TrackedWorker } from "./runner-under-test.js";

type Verbs = readonly Weighted<Verb>[];
const verbs: Verbs = [times(8, "trigger"), times(4, "pause"), times(4, "restart"), times(4, "remove"), times(1, "resume")];

/** Sends commands to random workers at random moments, blocks the event loop, and checks every answer. */
export class ChaosDriver {
  /** How many commands were sent, `add` included. */
  sent = 0;
  /** The commands that have not settled, for a message, by their answers. */
  readonly pending = new Map<Promise<unknown>, string>();
  readonly #slots: readonly { readonly runner: RunnerUnderTest; readonly slot: Slot }[];
  readonly #random: Random;
  #timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly runners: readonly RunnerUnderTest[],
    private readonly environment: Environment,
  ) {
    this.#slots = runners.flatMap((runner) => runner.slots.map((slot) => ({ runner, slot })));
    this.#random = environment.random.fork();
  }

  start(): void {
    // One command to each worker first: what the library keeps for commands is kept from the start, and the heap levels off soon.
    for (const runner of this.runners) for (const worker of runner.workers) this.#send("pause", worker, runner);
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
      this.#send(random.pick(verbs), random.oneOf(target.slot.workers), target.runner);
    }
    if (random.oneIn(100)) blockEventLoop(random.oneIn(10) ? random.int(100, 300) : random.int(5, 50));
    this.#timers[0] = setTimeout(this.#act, random.int(0, 20));
  };

  #send(verb: Verb, target: TrackedWorker, runner: RunnerUnderTest): void {
    if (target.state === "removed") return;
    // It depends on timing whether these reach a worker that is leaving, so that no answer would be wrong.
    if (target.state === "leaving" && (verb === "restart" || verb === "pause")) return;
    const { runLogs, violations } = this.environment;
    const command = `${verb}(${target.name})`;
    this.sent++;
    const answer = sendCommand(verb, target, runner, runLogs);
    this.pending.set(answer, command);
    void answer.then((violation) => {
      this.pending.delete(answer);
      if (violation !== undefined) violations.add("commands", `${command} ${violation}`);
    });
  }

  /** Resumes the workers that were paused at least `pause` ms ago, restarts completed ones, and adds others for removed ones. */
  restoreWorkers(pause = 1_000): void {
    for (const runner of this.runners) runner.updateRemoved();
    for (const { runner, slot } of this.#slots) {
      const removed = slot.workers.filter(({ state }) => state === "removed");
      if (removed.length === slot.workers.length) this.#add(slot.replace(), slot.workers, runner);
      // Not to a runner that is stopped: a worker that is added again has the counts of its last run there.
      else if (runner.isRunning)
        for (const tracked of removed) if (tracked.worker !== undefined) this.#add(tracked.worker, [tracked], runner);
      for (const tracked of slot.workers) {
        if (tracked.state !== "present") continue;
        if (tracked.log.isCompleted) this.#send("restart", tracked, runner);
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
      if (error instanceof WorkerNotRunningError && runner.isNested) return;
      const names = workers.map(({ name }) => name).join(", ");
      this.environment.violations.add("commands", `add(${names}) was rejected: ${String(error)}`);
    }
  }
}

function blockEventLoop(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
