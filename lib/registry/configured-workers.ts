import { types } from "node:util";
import type { Worker } from "../chain/worker.js";
import { workerDefinition } from "../chain/worker-definition.js";
import { DeclarativeWorker, type WorkerGroup } from "../declarative-worker.js";
import { memberRecords } from "../decorators/decorator-record.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { onRejection } from "../errors/on-settled.js";
import { hasMethod } from "../errors/read-value.js";
import { describeKind } from "../errors/show-value.js";
import type { DiscoveredWorker, NamedType } from "./discovered-worker.js";
import type { Problems } from "./problems.js";
import { refusePromise } from "./refuse-promise.js";

/**
 * A class that configures its workers itself, when they are known only at run time. `workers()` is called once, at bootstrap. The
 * workers' names are prefixed with the class's: a `DeclarativeWorker` named `eu` of a `Fetcher` is `"Fetcher/eu"`.
 */
export interface WorkerConfigurer {
  workers(): (Worker | DeclarativeWorker)[];
}

/** Whether it has a method `workers` that returns its workers, and is not a worker itself. */
export function isConfigurer(type: NamedType, instance: object | undefined): instance is WorkerConfigurer {
  return hasMethod(instance, "workers") && !memberRecords(type).has("workers");
}

/**
 * The workers that a configurer returns, under names that begin with its class's part.
 * @param group the group of all these workers
 */
export function configuredWorkers(configurer: WorkerConfigurer, group: WorkerGroup, problems: Problems): DiscoveredWorker[] {
  const origin = `${group.name}.workers()`;
  const workers = problems.attempt(origin, () => listOf(configurer.workers()));
  return (workers ?? []).flatMap((given, index) => {
    const worker = problems.attempt(origin, () => inGroup(group, given, index));
    return worker === undefined ? [] : [{ worker, origin }];
  });
}

function listOf(workers: unknown): (Worker | DeclarativeWorker)[] {
  refusePromise("it", workers);
  if (!Array.isArray(workers)) {
    throw new InvalidArgumentError(`it returned ${describeKind(workers)}: return an array of workers`);
  }
  // A copy, as an array that is a proxy may throw: here its error is reported.
  const list = Array.from<Worker | DeclarativeWorker>(workers);
  if (list.length === 0) throw new InvalidArgumentError("it returned no worker: leave the source out if there is nothing to run");
  return list;
}

function inGroup(group: WorkerGroup, given: Worker | DeclarativeWorker, index: number): DeclarativeWorker {
  if (types.isPromise(given)) {
    onRejection(given, () => {});
    throw new InvalidArgumentError(`worker ${index + 1} is a promise: return the worker itself, so await it before bootstrap`);
  }
  const worker = DeclarativeWorker.isOne(given) ? DeclarativeWorker.from(given) : given;
  const name = `${group.name}/${workerDefinition(worker).label || `worker ${index + 1}`}`;
  return worker instanceof DeclarativeWorker ? worker.inGroup(group, name) : new DeclarativeWorker({ name, worker, group });
}
