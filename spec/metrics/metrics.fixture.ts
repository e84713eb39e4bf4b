import sinon from "sinon";
import { bootstrap, type Runner, type RunnerSettings, runningRunners } from "watchbill";
import { removeRunning } from "../../lib/runner/running-runners.js";
import { silent } from "../runner/commands.fixture.js";

/** Forgets the runners that other specs have left on a clock that is gone, such as those of simulated processes that have died. */
export function forgetRunners(): void {
  for (const runner of runningRunners()) removeRunning(runner);
}

/** Runners on fake timers, which are stopped when the clock is restored. */
export class FakeRunners {
  readonly clock = sinon.useFakeTimers({ now: 1_000_000_000_000, toNotFake: ["nextTick", "queueMicrotask"] });
  readonly #started: { readonly runner: Runner; readonly run: Promise<unknown> }[] = [];

  constructor() {
    forgetRunners();
  }

  start(workers: readonly object[], options: RunnerSettings = {}): Runner {
    const runner = runnerOf(workers, options);
    this.#started.push({ runner, run: Promise.allSettled([runner.run()]) });
    return runner;
  }

  async tick(ms: number): Promise<void> {
    await this.clock.tickAsync(ms);
  }

  async restore(): Promise<void> {
    for (const { runner } of this.#started) void runner.stop();
    await this.clock.tickAsync("01:00:00");
    await Promise.all(this.#started.map(({ run }) => run));
    this.clock.restore();
  }
}

export function runnerOf(workers: readonly object[], options: RunnerSettings = {}): Runner {
  return bootstrap([...workers], { logger: silent, signals: [], ...options });
}

/** The samples of the text format of Prometheus: `name{label="value"}`, with the labels in alphabetical order, to its value. */
export function parseMetrics(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name = "", , labels = "", value = ""] = /^(\w+)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === "") continue;
    const sorted = Array.from(labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g), ([label]) => label)
      .filter((label) => !label.startsWith("otel_scope_"))
      .sort();
    samples.set(sorted.length === 0 ? name : `${name}{${sorted.join()}}`, Number(value.replace("Inf", "Infinity")));
  }
  return samples;
}

/** The names of workers among the samples of a metric. */
export function workersIn(samples: ReadonlyMap<string, number>, metric: string): string[] {
  return Array.from(samples.keys()).flatMap((sample) => {
    const [, name, worker] = /^(\w+)\{.*worker="([^"]*)"/.exec(sample) ?? [];
    return name === metric && worker !== undefined ? [worker] : [];
  });
}

const { setImmediate } = globalThis;

/** A turn of the event loop, also on fake timers. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Warnings of this process. */
export class Warnings {
  readonly messages: string[] = [];
  readonly #listener = (warning: Error): void => void this.messages.push(warning.message);

  constructor() {
    process.on("warning", this.#listener);
  }

  stop(): void {
    process.off("warning", this.#listener);
  }
}
