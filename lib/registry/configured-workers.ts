import { types } from "node:util";
import type { Worker } from "../chain/worker.js";
import { workerDefinition } from "../chain/worker-definition.js";
import { DeclarativeWorker, type WorkerGroup } from "../declarative-worker.js";
import { describeKind, hasMethod, onRejection } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { memberEntries } from "../metadata/record.js";
import type { FoundWorker, NamedType } from "./found-worker.js";
import type { Problems } from "./problems.js";
import { refusePromise } from "./refuse-promise.js";
import type { WorkerConfigurer } from "./worker-configurer.js";

/** Whether it has a method `workers` that says what its workers are, and is not one of them. */
export function isConfigurer(type: NamedType, instance: object | undefined): instance is WorkerConfigurer {
  return hasMethod(instance, "workers") && !memberEntries(type).has("workers");
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
  refusePromise("it", workers);
  if (!Array.isArray(workers)) {
    throw new InvalidArgumentError(`it returned ${describeKind(workers)}: return an array of workers`);
  }
  // A copy: it may be a proxy, and is read within what reports an error of it.
  const list = Array.from<Worker | DeclarativeWorker>(workers);
  if (list.length === 0) throw new InvalidArgumentError("it returned no worker: leave the source out if there is nothing to run");
  return list;
}

function nameUnder(group: WorkerGroup, given: Worker | DeclarativeWorker, index: number): DeclarativeWorker {
  if (types.isPromise(given)) {
    onRejection(given, () => {});
    throw new InvalidArgumentError(`worker ${index + 1} is a promise: return the worker itself, so await it before bootstrap`);
  }
  const worker = DeclarativeWorker.isOne(given) ? DeclarativeWorker.from(given) : given;
  const name = `${group.name}/${workerDefinition(worker).label || `worker ${index + 1}`}`;
  return worker instanceof DeclarativeWorker
    ? new DeclarativeWorker(Object.assign({}, worker, { name, group }))
    : new DeclarativeWorker({ name, worker, group });
}
