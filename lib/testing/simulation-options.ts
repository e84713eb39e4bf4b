import { type BootstrapOptions, type Duration, InvalidArgumentError, type JobFunc, milliseconds, nameMatcher } from "../index.js";

/** Values for workers by name pattern: the first pattern that matches a name holds for that worker. */
export type ByPattern<Value> = Readonly<Record<string, Value>>;

/** How long runs take, as measured: durations in ms, what the dashboard's `api/workers/<name>` answers, or a histogram. */
export type Samples =
  | { readonly runs: readonly { readonly duration: number }[] }
  /** Cumulative counts up to each bound, as in Prometheus; `le` in seconds. */
  | { readonly buckets: readonly { readonly le: number | "+Inf"; readonly count: number }[] };

/** How long a run takes: always the same, evenly distributed between two durations, or drawn from samples. */
export type Takes = Duration | readonly Duration[] | Samples;

/** A time of day in the time zone of the simulation, `"04:10"` or `"04:10:30"`: the first such time after the start. */
export type TimeOfDay = string;

/** A command to all workers that match a pattern. */
export type SimulatedCommand = {
  readonly at: TimeOfDay;
  readonly reason?: string | undefined;
} & ({ readonly trigger: string } | { readonly pause: string } | { readonly resume: string } | { readonly restart: string });

export interface SimulationOptions {
  /** How long the simulated time is: `"1d"`. */
  readonly for: Duration;
  /** A local date or time: `"2026-03-29"`, `"2026-03-29T12:00"`. `"2026-01-01"` by default, so that results can be compared. */
  readonly start?: string | Date | undefined;
  /** The time zone of the simulated machine; `"UTC"` by default. */
  readonly timezone?: string | undefined;
  /** The same seed gives the same result. 1 by default. */
  readonly seed?: number | undefined;
  /**
   * Whose code runs: `"model"`, the default, never calls that of the workers; `"real"` does; functions by name pattern are called
   * in place of the jobs that match, and the others are modelled.
   */
  readonly jobs?: "model" | "real" | ByPattern<JobFunc> | undefined;
  /** How long a run of a modelled job takes. 100 ms by default. */
  readonly takes?: ByPattern<Takes> | undefined;
  /** When what workers need is away, each day: `"02:00-03:00"`, or several. Runs that overlap with it fail. */
  readonly outages?: ByPattern<string | readonly string[]> | undefined;
  /** The probability with which a run fails. */
  readonly fails?: ByPattern<number> | undefined;
  /** The probability with which a run never ends, and ignores its signal. */
  readonly hangs?: ByPattern<number> | undefined;
  /** The factor by which runs take longer. */
  readonly slow?: ByPattern<number> | undefined;
  /** The number of replicas. With it, distributed workers run on an engine in memory; without it, in the one process. */
  readonly replicas?: number | undefined;
  /** When a replica dies, by its number from 1 on. */
  readonly kill?: Readonly<Record<number, TimeOfDay>> | undefined;
  /** While a replica is frozen, as in a debugger or a virtual machine that is moved, by its number: `"04:10-04:15"`. */
  readonly freeze?: Readonly<Record<number, string>> | undefined;
  /** When all replicas are replaced, one after another. */
  readonly deploy?: TimeOfDay | readonly TimeOfDay[] | undefined;
  readonly commands?: readonly SimulatedCommand[] | undefined;
  /** Of each run, failure and missed run, how many are kept one by one. The others are counted. 1,000,000 by default. */
  readonly maxEvents?: number | undefined;
  /** Options of `bootstrap`, such as `retry` and `shutdownTimeout`. */
  readonly bootstrap?: Omit<BootstrapOptions, "engine" | "logger" | "signal" | "signals"> | undefined;
}

const known: Readonly<Record<keyof SimulationOptions, true>> = {
  for: true,
  start: true,
  timezone: true,
  seed: true,
  jobs: true,
  takes: true,
  outages: true,
  fails: true,
  hangs: true,
  slow: true,
  replicas: true,
  kill: true,
  freeze: true,
  deploy: true,
  commands: true,
  maxEvents: true,
  bootstrap: true,
};

/**
 * Checks what can be checked without the workers and the clock.
 * @throws InvalidArgumentError if an option is malformed or does not exist
 */
export function checkSimulationOptions(options: SimulationOptions): void {
  if (typeof options !== "object" || options === null)
    throw new InvalidArgumentError('simulate needs options: pass { for: "1d" }, for example');
  for (const key of Object.keys(options))
    if (!Object.hasOwn(known, key))
      throw new InvalidArgumentError(`simulate has no option "${key}": use ${Object.keys(known).join(", ")}`);
  const { seed = 1, replicas = 1, maxEvents = 1, fails = {}, hangs = {}, slow = {}, kill = {}, freeze = {} } = options;
  if (durationOf("for", options.for) === 0) throw new InvalidArgumentError('for is 0: use how long to simulate, such as "1d"');
  checkInteger("seed", seed, Number.MIN_SAFE_INTEGER);
  checkInteger("replicas", replicas, 1);
  checkInteger("maxEvents", maxEvents, 0);
  for (const [option, values] of Object.entries({ fails, hangs }))
    for (const [pattern, value] of Object.entries(values))
      if (!(value >= 0 && value <= 1))
        throw new InvalidArgumentError(`${option} of ${pattern} is ${String(value)}: use a probability from 0 to 1`);
  for (const [pattern, factor] of Object.entries(slow))
    if (!(factor > 0 && factor < Number.POSITIVE_INFINITY))
      throw new InvalidArgumentError(`slow of ${pattern} is ${String(factor)}: use a factor above 0`);
  for (const [option, values] of Object.entries({ kill, freeze }))
    for (const replica of Object.keys(values))
      if (!(Number(replica) >= 1 && Number(replica) <= replicas))
        throw new InvalidArgumentError(
          `${option} names the replica ${replica}: use 1 to ${replicas}, and the option replicas for more`,
        );
}

function checkInteger(option: string, value: unknown, least: number): void {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return;
  throw new InvalidArgumentError(
    `${option} is ${String(value)}: use an integer${least > Number.MIN_SAFE_INTEGER ? ` of at least ${least}` : ""}`,
  );
}

/** @throws InvalidArgumentError that names the option, if it is not a duration */
export function durationOf(option: string, duration: Duration): number {
  try {
    return milliseconds(duration);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new InvalidArgumentError(`${option}: ${error.message}`);
    throw error;
  }
}

/**
 * Returns a function that finds the value for a worker: that of the first pattern which matches its name.
 * @param names of all workers
 * @throws InvalidArgumentError if a pattern matches none of them, which is a typing error
 */
export function byPattern<Value>(
  option: string,
  values: ByPattern<Value> = {},
  names: readonly string[] = [],
): (name: string) => Value | undefined {
  const matchers = Object.entries(values).map(([pattern, value]) => ({ pattern, matches: nameMatcher(pattern), value }));
  for (const { pattern, matches } of matchers)
    if (!names.some(matches))
      throw new InvalidArgumentError(
        `${option}: "${pattern}" names no worker; there are ${names.slice(0, 10).join(", ")}${names.length > 10 ? ", …" : ""}`,
      );
  return (name) => matchers.find(({ matches }) => matches(name))?.value;
}
