import { setTimeout as sleep } from "node:timers/promises";
import { Chance } from "./chance.js";
import type { Faults, Invariant } from "./faults.js";
import { collect } from "./heap.js";
import { type HeapSample, heapTrend, isLeak } from "./heap-trend.js";
import { Ledger } from "./ledger.js";
import { logger } from "./logger.js";
import { Lookout } from "./lookout.js";
import { LoopClock } from "./loop-clock.js";
import { population } from "./population.js";
import { Remains } from "./remains.js";
import { callTheRoll } from "./roll-call.js";
import type { Settings } from "./settings.js";
import { runAgain, stopWhileSomeHang } from "./shutdown.js";
import { Storm } from "./storm.js";
import { Weather } from "./weather.js";
import type { Yard } from "./yard.js";

/** How many of what is over may still be held: the last few, as by the stack of an error that is kept. */
const heldAtMost = 100;

/** What was looked at for an invariant. */
export type Figures = Partial<Record<Invariant, string>>;

/** One soak: the storm, the roll call, the stop, and another run. Leaves nothing behind, and holds nothing when it is over. */
export async function soak(settings: Settings, faults: Faults, tell: (line: string) => void): Promise<Figures> {
  const { duration, seed, workers } = settings;
  const clock = new LoopClock();
  const ledger = new Ledger(clock, faults);
  const yard: Yard = { clock, faults, ledger, weather: new Weather(), remains: new Remains() };
  const chance = new Chance(seed);
  const fleets = population(workers, chance, yard, { logger, signals: ["SIGTERM"] });
  const storm = new Storm(fleets, chance, yard);

  const stopper = new AbortController();
  const running = fleets[0].runner.run({ signal: stopper.signal });
  const outcome = running.then(
    () => undefined,
    (error: unknown) => error,
  );
  storm.rise();
  const lookout = new Lookout(fleets, storm, yard, samplingFor(duration), tell);
  const isOver = new AbortController();
  void outcome.then(() => isOver.abort());
  await sleep(duration, undefined, { signal: isOver.signal }).catch(() => {});
  lookout.stop();
  storm.abate();
  if (!fleets[0].isUp) faults.add("no lost worker", `run() has ended by itself: ${String(await outcome)}`);

  const present = await callTheRoll(fleets, storm, yard);
  const left = await yard.remains.left(collect);
  for (const [what, count] of left) if (count > heldAtMost) faults.add("garbage", `${count} ${what} are still held`);
  const trend = judgeHeap(lookout.samples, faults);
  const named = await stopWhileSomeHang(fleets, outcome, stopper, yard);
  await runAgain(fleets, yard);
  clock.stop();
  return {
    "no overlap": `${ledger.runs} runs, never two of a worker at a time`,
    "paused is paused": `${storm.ordersOf("pause")} pauses`,
    "no lost worker": `${present} workers answered the roll call`,
    orders: `${storm.orders} answered as they should be`,
    counts: `runs and failures of all are those that they saw themselves, in ${lookout.audits} audits`,
    shutdown: `${named} hung and were named, and nobody else`,
    "runs end": "every run that began has ended",
    "second run": "all were up, and stopped in time",
    garbage: `${[...left.values()].reduce((sum, count) => sum + count, 0)} of ${yard.remains.watched} are still held`,
    "heap, slope": trend,
  };
}

/** Some eighty samples, but no more than four in a second: each has the event loop wait for a collection. */
function samplingFor(duration: number): number {
  return Math.min(10_000, Math.max(250, duration / 80));
}

/** Of the last two thirds: until then the population is still coming to rest. */
function judgeHeap(samples: readonly HeapSample[], faults: Faults): string {
  const warm = samples.slice(Math.ceil(samples.length / 3));
  const [first, last] = [warm.at(0), warm.at(-1)];
  if (first === undefined || last === undefined || warm.length < 10) return "too few samples to tell";
  const trend = heapTrend(warm);
  const figure = `${trend.slope.toFixed(1)} bytes a run, with 99% from ${trend.low.toFixed(1)} to ${trend.high.toFixed(1)}`;
  if (isLeak(trend, last.runs - first.runs)) faults.add("heap, slope", `it grows by ${figure}`);
  return figure;
}
