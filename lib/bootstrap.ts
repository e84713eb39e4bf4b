import { BootstrapError } from "./errors/bootstrap-error.js";
import { Problems } from "./registry/problems.js";
import { WorkerRegistry, type WorkerRegistryOptions } from "./registry/worker-registry.js";
import { buildRunner } from "./runner/build-runner.js";
import type { Runner, RunnerOptions } from "./runner/runner.js";
import { runnerOptions } from "./runner/runner-settings.js";

export interface BootstrapOptions extends RunnerOptions, WorkerRegistryOptions {}

/**
 * Makes the runner of everything that the sources declare. Does all that can fail early, and starts nothing.
 * @param sources classes with decorated methods, instances of such, {@link WorkerConfigurer}s as classes or instances, and
 * {@link DeclarativeWorker}s with a name
 * @throws BootstrapError with everything that is wrong with the sources and the options at once, each with its cure
 */
export function bootstrap(sources: Iterable<object>, options: BootstrapOptions = {}): Runner {
  if (typeof sources !== "object" || sources === null || !(Symbol.iterator in sources)) {
    throw new BootstrapError(["The sources must be a list: bootstrap([CommitFetcher])"], []);
  }
  const problems = new Problems();
  problems.addUnknownOptions("bootstrap", options, ["resolve", ...runnerOptions]);
  const { resolve, ...others } = typeof options === "object" ? { ...options } : {};
  const registry = new WorkerRegistry({ resolve });
  // One by one: a call has no room for a hundred thousand arguments.
  for (const source of sources) registry.provide(source);
  const runner = problems.attempt("The sources", () => buildRunner(registry, knownOf(others)));
  if (runner === undefined || problems.count > 0) throw problems.toError();
  return runner;
}

/** Without those that have been reported already. */
function knownOf(options: RunnerOptions): RunnerOptions {
  const known = { ...options };
  for (const option of Object.keys(known)) if (!runnerOptions.includes(option)) Reflect.deleteProperty(known, option);
  return known;
}
