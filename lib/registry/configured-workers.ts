import { inspect } from "node:util";
import { DeclarativeWorker, type WorkerGroup } from "../declarative-worker.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import type { Worker } from "../workers/worker.js";
import { workerLink } from "../workers/worker-link.js";
import type { FoundWorker } from "./found-worker.js";
import type { Problems } from "./problems.js";
import type { WorkerConfigurer } from "./worker-configurer.js";

export function isConfigurer(instance: object): instance is WorkerConfigurer {
  return "workers" in instance && typeof instance.workers === "function";
}

/**
 * The workers that a configurer gives, under names that begin with its class's part.
 * @param group that they are
 */
export function configuredWorkers(configurer: WorkerConfigurer, group: WorkerGroup, problems: Problems): FoundWorker[] {
  const origin = `${group.name}.workers()`;
  const workers = problems.attempt(origin, () => listOf(configurer.workers()));
  return (workers ?? []).flatMap((worker, index) => {
    const named = problems.attempt(origin, () => nameUnder(group, worker, index));
    return named === undefined ? [] : [{ worker: named, origin }];
  });
}

function listOf(workers: unknown): (Worker | DeclarativeWorker)[] {
  if (!Array.isArray(workers)) {
    throw new InvalidArgumentError(
      `it returned ${inspect(workers, { depth: 0 })}: return an array of workers, and not a promise of one`,
    );
  }
  if (workers.length === 0)
    throw new InvalidArgumentError("it returned no worker: leave the source out if there is nothing to run");
  return workers;
}

function nameUnder(group: WorkerGroup, worker: Worker | DeclarativeWorker, index: number): DeclarativeWorker {
  const name = `${group.name}/${workerLink(worker).label || `worker ${index + 1}`}`;
  return worker instanceof DeclarativeWorker
    ? new DeclarativeWorker(Object.assign({}, worker, { name, group }))
    : new DeclarativeWorker({ name, worker, group });
}
