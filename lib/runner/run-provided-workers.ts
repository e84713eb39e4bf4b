import type { WorkerRegistry } from "../registry/worker-registry.js";
import { buildRunner } from "./build-runner.js";
import type { RunnerOptions } from "./runner.js";

/**
 * Runs the workers of a registry as {@link Runner.run} does.
 *
 * Rejects with a {@link BootstrapError} if something is wrong with the sources or the options; nothing has been started then.
 */
export async function runProvidedWorkers(registry: WorkerRegistry, options: RunnerOptions = {}): Promise<void> {
  await buildRunner(registry, options).run();
}
