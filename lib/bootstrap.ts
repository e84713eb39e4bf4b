import { InvalidArgumentError } from "./errors/invalid-argument-error.js";
import { Problems } from "./registry/problems.js";
import { resolveProblem, WorkerRegistry, type WorkerRegistryOptions } from "./registry/worker-registry.js";
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
  const problems = new Problems();
  const list = problems.attempt("The sources", () => listOf(sources, problems)) ?? [];
  const { resolve, ...others } = problems.readOptions("bootstrap", options, ["resolve", ...runnerOptions]);
  const problem = resolveProblem(resolve);
  if (problem !== undefined) problems.add(problem);
  const registry = new WorkerRegistry({ resolve: problem === undefined ? resolve : refuse });
  // One by one: a call has no room for a hundred thousand arguments.
  for (const source of list) registry.provide(source);
  const runner = problems.attempt("The sources", () => buildRunner(registry, others));
  if (runner === undefined || problems.count > 0) throw problems.toError();
  return runner;
}

function listOf(sources: unknown, problems: Problems): object[] {
  if (isIterable(sources)) return Array.from(sources);
  problems.add("The sources must be a list: bootstrap([CommitFetcher])");
  return [];
}

/** Throws what a proxy throws. */
function isIterable(sources: unknown): sources is Iterable<object> {
  return typeof sources === "object" && sources !== null && Symbol.iterator in sources;
}

function refuse(): never {
  throw new InvalidArgumentError("it cannot be made without the option resolve");
}
