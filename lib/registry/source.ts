import { inspect } from "node:util";
import { DeclarativeWorker } from "../declarative-worker.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { memberEntries } from "../metadata/record.js";
import type { Worker } from "../workers/worker.js";
import { isWorker, workerLink } from "../workers/worker-link.js";
import { classPart, declaredWorkers } from "./declared-workers.js";
import type { FoundWorker, NamedType } from "./found-worker.js";
import type { Problems } from "./problems.js";
import type { WorkerConfigurer } from "./worker-configurer.js";

/** A class whose instances can be made. */
export type Newable = new (...args: unknown[]) => object;

/**
 * The workers of one source; none, and a problem, if something is wrong with it.
 * @param instantiate makes the instance of a class; may throw
 */
export function workersOf(source: unknown, instantiate: (type: Newable) => object, problems: Problems): FoundWorker[] {
  if (source instanceof DeclarativeWorker) {
    if (source.name === undefined) problems.add("A DeclarativeWorker without a name was given: give it a name");
    return [{ worker: source, origin: `a DeclarativeWorker` }];
  }
  if (isClass(source) && (memberEntries(source).size > 0 || "workers" in source.prototype)) {
    const instance = problems.attempt(sourceName(source), () => instantiate(source));
    return instance === undefined ? [] : workersOfInstance(source, instance, problems);
  }
  if (typeof source === "object" && source !== null) return workersOfInstance(typeOf(source), source, problems);
  problems.add(`${sourceName(source)} ${emptiness(source)}`);
  return [];
}

/** The instance of a class that `new` without arguments makes. */
export function construct(type: Newable): object {
  if (type.length > 0) {
    throw new InvalidArgumentError(
      `its constructor needs ${type.length === 1 ? "an argument" : `${type.length} arguments`}: give an instance instead of the class, or the option resolve`,
    );
  }
  return new type();
}

/** What a source is called in a message. */
export function sourceName(source: unknown): string {
  if (typeof source === "function")
    return source.name || (isClass(source) ? "A class without a name" : "A function without a name");
  if (typeof source !== "object" || source === null) return inspect(source);
  const { name } = typeOf(source);
  return name === "Object" || name === "" ? inspect(source, { depth: 0 }) : `An instance of ${name}`;
}

function workersOfInstance(type: NamedType, instance: object, problems: Problems): FoundWorker[] {
  const isDecorated = memberEntries(type).size > 0;
  if (!isDecorated && !isConfigurer(instance)) {
    problems.add(`${sourceName(instance)} ${emptiness(instance)}`);
    return [];
  }
  const owner = classPart(type, instance, problems);
  const found = isDecorated ? declaredWorkers(type, instance, owner, problems) : [];
  return isConfigurer(instance) ? [...found, ...configuredWorkers(instance, owner, problems)] : found;
}

function configuredWorkers(configurer: WorkerConfigurer, owner: string, problems: Problems): FoundWorker[] {
  const origin = `${owner}.workers()`;
  const workers = problems.attempt(origin, () => Array.from(configurer.workers()));
  if (workers?.length === 0) problems.add(`${origin} returned no worker: leave the source out if there is nothing to run`);
  return (workers ?? []).flatMap((worker, index) => {
    const named = problems.attempt(origin, () => nameUnder(owner, worker, index));
    return named === undefined ? [] : [{ worker: named, origin }];
  });
}

function nameUnder(owner: string, worker: Worker | DeclarativeWorker, index: number): DeclarativeWorker {
  const name = `${owner}/${workerLink(worker).label || `worker ${index + 1}`}`;
  return worker instanceof DeclarativeWorker
    ? new DeclarativeWorker(Object.assign({}, worker, { name }))
    : new DeclarativeWorker({ name, worker });
}

function emptiness(source: unknown): string {
  if (isWorker(source)) return "is a worker without a name: give new DeclarativeWorker({ name, worker })";
  if (isClass(source) || (typeof source === "object" && source !== null)) {
    return "has no workers: decorate a method with @Worker or @Repeat, or give it a method workers()";
  }
  if (typeof source === "function") return "is a function: give new DeclarativeWorker({ name, worker })";
  return "is no source of workers: give a class, an instance or a DeclarativeWorker";
}

function isClass(source: unknown): source is Newable {
  return typeof source === "function" && typeof source.prototype === "object" && source.prototype !== null;
}

function isConfigurer(instance: object): instance is WorkerConfigurer {
  return "workers" in instance && typeof instance.workers === "function";
}

function typeOf(instance: object): NamedType {
  return typeof instance.constructor === "function" ? instance.constructor : Object;
}
