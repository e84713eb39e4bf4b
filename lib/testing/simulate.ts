import { bootstrap, Runner, setRandom } from "../index.js";
import { parseStart } from "./local-time.js";
import { seededRandom, seedOf } from "./seeded-random.js";
import { silentLogger } from "./silent-logger.js";
import { SimulatedService } from "./simulated-service.js";
import { Simulation } from "./simulation.js";
import { checkSimulationOptions, durationOf, type SimulationOptions } from "./simulation-options.js";
import { VirtualClock } from "./virtual-clock.js";

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
export async function simulate(sources: Iterable<object> | Runner, options: SimulationOptions): Promise<Simulation> {
  checkSimulationOptions(options);
  const { start = "2026-01-01", timezone = "UTC", seed = 1, bootstrap: settings = {} } = options;
  const length = durationOf("for", options.for);
  const clock = new VirtualClock(() => parseStart(start), timezone);
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
