import { bootstrap, InvalidArgumentError, Runner, setRandom } from "../index.js";
import { parseStart } from "./local-time.js";
import { silentLogger } from "./loggers.js";
import { seededRandom, seedOf } from "./seeded-random.js";
import { SimulatedService } from "./simulated-service.js";
import { Simulation } from "./simulation.js";
import { checkSimulationOptions, durationOf, type SimulationOptions } from "./simulation-options.js";
import { VirtualClock } from "./virtual-clock.js";

/** To what the search shortens a simulation, in ms. */
const precision = 60_000;

/**
 * Runs the workers of these sources on a virtual clock, and returns what they did: with the runner, retries, timetables and, with
 * `replicas`, the distributed workers of the library, but a day in a fraction of a second. By default the code of the workers is
 * not called: each run takes as long, and fails, as the options say.
 *
 * While it lasts, the timers, `Date` and the time zone of this process are virtual, so that nothing else can run in it. They are
 * restored in any case.
 * @param sources as for `bootstrap`; or a runner, whose workers are taken
 * @throws BootstrapError with everything that is wrong with the sources
 * @throws InvalidArgumentError if an option is malformed, or another simulation or fake timers are under way
 * @throws RealWaitError if `jobs` is `"real"`, and a run waits for something that is not on the virtual clock
 */
async function run(sources: Iterable<object> | Runner, options: SimulationOptions): Promise<Simulation> {
  checkSimulationOptions(options);
  const { start = "2026-01-01", timezone = "UTC", seed = 1, bootstrap: settings = {} } = options;
  const length = durationOf("for", options.for);
  const clock = await VirtualClock.install(() => parseStart(start), timezone);
  const random = Math.random;
  try {
    setRandom(seededRandom(seedOf(seed, "jitter")));
    Math.random = seededRandom(seedOf(seed, "Math.random"));
    const runner = sources instanceof Runner ? sources : bootstrap(sources, { ...settings, logger: silentLogger, signals: [] });
    return new Simulation(await new SimulatedService(runner, options, clock, length).run());
  } finally {
    Math.random = random;
    setRandom(undefined);
    clock.uninstall();
  }
}

export interface SearchOptions extends Omit<SimulationOptions, "seed"> {
  /** The seeds to try: a list, or a number for the seeds from 1 to that. */
  readonly seeds: number | readonly number[];
  /** Whether something bad has happened: `(day) => day.peak.attemptsPerSecond > 50`. */
  readonly such: (day: Simulation) => boolean;
}

/** A simulation in which something bad happens. */
export interface Finding {
  readonly seed: number;
  /** How long the simulation has to be for it to happen, in ms, to within a minute. */
  readonly for: number;
  /** The simulation of that length. */
  readonly day: Simulation;
}

/**
 * Simulates with many seeds, and yields those for which something bad happens, the shortest simulation first: each was shortened
 * as far as it still happens.
 * @throws what {@link simulate} throws, and what `such` throws
 */
async function* search(sources: Iterable<object> | Runner, options: SearchOptions): AsyncGenerator<Finding, void, undefined> {
  const { seeds, such, ...others } = options;
  if (typeof such !== "function") throw new InvalidArgumentError("such is not a function: pass (day) => boolean");
  const list = typeof seeds === "number" ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds;
  const findings: Finding[] = [];
  for (const seed of list) {
    let longest = durationOf("for", others.for);
    let day = await run(sources, { ...others, seed });
    if (!such(day)) continue;
    let shortest = 0;
    while (longest - shortest > precision) {
      const middle = Math.ceil((shortest + longest) / 2);
      const shorter = await run(sources, { ...others, seed, for: middle });
      if (such(shorter)) [longest, day] = [middle, shorter];
      else shortest = middle;
    }
    findings.push({ seed, for: longest, day });
  }
  yield* findings.sort((a, b) => a.for - b.for);
}

export const simulate = Object.assign(run, { search });
