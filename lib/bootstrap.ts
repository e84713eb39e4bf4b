import { BootstrapError } from "./errors/bootstrap-error.js";
import { WorkerRegistry, type WorkerRegistryOptions } from "./registry/worker-registry.js";
import { buildRunner } from "./runner/build-runner.js";
import type { Runner, RunnerOptions } from "./runner/runner.js";

export interface BootstrapOptions extends RunnerOptions, WorkerRegistryOptions {}

/**
 * Makes the runner of everything that the sources declare. Does all that can fail early, and starts nothing.
 * @param sources classes with decorated methods, instances of such, {@link WorkerConfigurer}s as classes or instances, and
 * {@link DeclarativeWorker}s with a name
 * @throws BootstrapError with everything that is wrong at once, each with its cure
 */
export function bootstrap(sources: Iterable<object>, options: BootstrapOptions = {}): Runner {
  if (typeof sources !== "object" || sources === null || !(Symbol.iterator in sources)) {
    throw new BootstrapError(["The sources must be a list: bootstrap([CommitFetcher])"], []);
  }
  const registry = new WorkerRegistry(options);
  // One by one: a call has no room for a hundred thousand arguments.
  for (const source of sources) registry.provide(source);
  return buildRunner(registry, options);
}
