import { type Duration, InvalidArgumentError } from "../index.js";
import { dailyIntervals, type Interval } from "./local-time.js";
import { seededRandom, seedOf } from "./seeded-random.js";
import { byPattern, durationOf, type Samples, type SimulationOptions, type Takes } from "./simulation-options.js";

/** How long a run takes if nothing says so, in ms. */
const defaultTakes = 100;

/** What happens in one run of a modelled worker. */
export interface PlannedRun {
  /** In ms. */
  readonly takes: number;
  /** The message of its error; undefined if it succeeds. */
  readonly failure: string | undefined;
  /** It never ends, and ignores its signal. */
  readonly hangs: boolean;
}

/** What the options plan for workers, compiled once for all of them. */
export class PlanOptions {
  readonly seed: number;
  readonly #takes: (name: string) => Takes | undefined;
  readonly #slow: (name: string) => number | undefined;
  readonly failsOf: (name: string) => number | undefined;
  readonly hangsOf: (name: string) => number | undefined;
  readonly outagesOf: (name: string) => readonly Interval[] | undefined;

  /**
   * @param options that were checked; times are in the time zone of the process
   * @param names of all workers
   * @throws InvalidArgumentError if an outage is malformed, or a pattern names no worker
   */
  constructor(options: SimulationOptions, names: readonly string[], start: number, end: number) {
    const { seed = 1, takes, fails, hangs, slow, outages = {} } = options;
    const intervals = Object.entries(outages).map(([pattern, times]) => [pattern, intervalsOf(times, start, end)] as const);
    this.seed = seed;
    this.#takes = byPattern("takes", takes, names);
    this.#slow = byPattern("slow", slow, names);
    this.failsOf = byPattern("fails", fails, names);
    this.hangsOf = byPattern("hangs", hangs, names);
    this.outagesOf = byPattern("outages", Object.fromEntries(intervals), names);
  }

  /** @throws InvalidArgumentError if how long the runs of a worker take is malformed */
  durationOf(name: string): (random: () => number) => number {
    const factor = this.#slow(name) ?? 1;
    const duration = sampler(this.#takes(name) ?? defaultTakes, name);
    return (random) => duration(random) * factor;
  }
}

/** In the order of time. */
function intervalsOf(times: string | readonly string[], start: number, end: number): readonly Interval[] {
  return (typeof times === "string" ? [times] : times)
    .flatMap((text) => dailyIntervals("outages", text, start, end))
    .sort((a, b) => a.from - b.from);
}

/** What happens in the runs of one worker: drawn from a generator of its own, so that other workers do not change it. */
export class RunPlan {
  readonly #random: () => number;
  readonly #duration: (random: () => number) => number;
  readonly #fails: number;
  readonly #hangs: number;
  /** In the order of time. */
  readonly outages: readonly Interval[];

  constructor(name: string, options: PlanOptions) {
    this.#random = seededRandom(seedOf(options.seed, name));
    this.#duration = options.durationOf(name);
    this.#fails = options.failsOf(name) ?? 0;
    this.#hangs = options.hangsOf(name) ?? 0;
    this.outages = options.outagesOf(name) ?? [];
  }

  /** The next run, which starts now: a run that overlaps with an outage fails. */
  next(now: number): PlannedRun {
    // Always as many numbers, so that an option does not change what another one has drawn.
    const chances = [this.#random(), this.#random()] as const;
    const takes = this.#duration(this.#random);
    const hangs = chances[0] < this.#hangs;
    const isOut = this.outages.some(({ from, to }) => now < to && now + takes >= from);
    const failure = isOut ? "outage" : chances[1] < this.#fails ? "failed by plan" : undefined;
    return { takes, failure, hangs };
  }
}

/** @throws InvalidArgumentError if it is neither a duration, nor a list of durations, nor samples */
function sampler(takes: Takes, name: string): (random: () => number) => number {
  if (typeof takes === "number" || typeof takes === "string") {
    const ms = durationFor(takes, name);
    return () => ms;
  }
  if (isList(takes)) {
    const durations = takes.map((each) => durationFor(each, name));
    const [min = 0, max = 0] = durations;
    if (durations.length === 2 && min <= max) return (random) => min + random() * (max - min);
    return anyOf(durations, name);
  }
  if ("runs" in takes)
    return anyOf(
      takes.runs.map(({ duration }) => durationFor(duration, name)),
      name,
    );
  return fromHistogram(takes.buckets, name);
}

function isList(takes: Takes): takes is readonly Duration[] {
  return Array.isArray(takes);
}

function durationFor(duration: Duration, name: string): number {
  return durationOf(`takes of ${name}`, duration);
}

function anyOf(durations: readonly number[], name: string): (random: () => number) => number {
  if (durations.length === 0) throw new InvalidArgumentError(`takes of ${name} has no samples: pass at least one`);
  return (random) => durations[Math.floor(random() * durations.length)] ?? 0;
}

/** Evenly distributed within a bucket; what is above the last bound takes as long as that. */
function fromHistogram(
  buckets: Extract<Samples, { readonly buckets: unknown }>["buckets"],
  name: string,
): (random: () => number) => number {
  const sorted = buckets
    .map(({ le, count }) => ({ bound: le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le) * 1_000, count }))
    .sort((a, b) => a.bound - b.bound);
  const total = sorted.at(-1)?.count ?? 0;
  if (!(total > 0)) throw new InvalidArgumentError(`takes of ${name} is a histogram without runs: pass one with some`);
  return (random) => {
    const rank = random() * total;
    let [bound, count] = [0, 0];
    for (const bucket of sorted) {
      if (rank < bucket.count) {
        if (bucket.bound === Number.POSITIVE_INFINITY) return bound;
        return bound + ((rank - count) / (bucket.count - count)) * (bucket.bound - bound);
      }
      ({ bound, count } = bucket);
    }
    return bound;
  };
}
