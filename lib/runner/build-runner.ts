import { Problems } from "../registry/problems.js";
import type { WorkerRegistry } from "../registry/worker-registry.js";
import { Runner, type RunnerOptions } from "./runner.js";

/**
 * The runner of a registry's workers.
 * @throws BootstrapError with everything that is wrong with the sources and the options
 */
export function buildRunner(registry: WorkerRegistry, options: RunnerOptions): Runner {
  const problems = new Problems();
  // Without workers to choose from, a pattern that names none of them is not wrong.
  const workers = problems.attempt("The sources", () => registry.workers);
  const runner = problems.attempt("The options", () => new Runner(workers ?? [], options, registry.instances));
  if (runner === undefined || problems.count > 0) throw problems.toError();
  return runner;
}
