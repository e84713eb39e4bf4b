import { Problems } from "../registry/problems.js";
import type { WorkerRegistry } from "../registry/worker-registry.js";
import { stderrLogger } from "../runtime/stderr-logger.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { Runner, type RunnerOptions } from "./runner.js";

/**
 * Creates the runner of the workers of a registry.
 * @throws BootstrapError with every problem of the sources and the options
 */
export function buildRunner(registry: WorkerRegistry, options: RunnerOptions): Runner {
  const problems = new Problems();
  // Without workers to choose from, a pattern that names none of them is not wrong.
  const workers = problems.attempt("The sources", () => registry.workers);
  const runner = problems.attempt("The options", () => new Runner(workers ?? [], options, registry.instances));
  if (runner === undefined || problems.count > 0) throw problems.toError();
  for (const warning of registry.warnings) new WorkerLogger(options.logger ?? stderrLogger, "").warn(warning);
  return runner;
}

/**
 * Runs the workers of a registry as {@link Runner.run} does.
 *
 * Rejects with a {@link BootstrapError} if something is wrong with the sources or the options; nothing has been started then.
 */
export async function runProvidedWorkers(registry: WorkerRegistry, options: RunnerOptions = {}): Promise<void> {
  await buildRunner(registry, options).run();
}
