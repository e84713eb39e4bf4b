import { types } from "node:util";
import { DeclarativeWorker } from "../declarative-worker.js";
import { classRecords, memberRecords } from "../decorators/decorator-record.js";
import { isNamedByInstance } from "../decorators/named.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { onRejection } from "../errors/on-settled.js";
import { className, functionName, hasMethod, isClass, readProperty } from "../errors/read-value.js";
import { describeKind, showValue } from "../errors/show-value.js";
import { configuredWorkers, isConfigurer } from "./configured-workers.js";
import { declaredGroup, hasMethodDecorators } from "./declared-group.js";
import { declaredWorkers } from "./declared-workers.js";
import type { DiscoveredWorker, NamedType } from "./discovered-worker.js";
import { hasOwnConstructor } from "./own-constructor.js";
import type { Problems } from "./problems.js";

/** A class whose instances can be created. */
export type Newable = new (...args: unknown[]) => object;

/**
 * Discovers the workers of one source. If something is wrong with it, adds problems and may return none.
 * @param instantiate returns the instance of a class; may throw
 */
export function workersOf(source: unknown, instantiate: (type: Newable) => object, problems: Problems): DiscoveredWorker[] {
  return problems.attempt(sourceName(source), () => discover(source, instantiate, problems)) ?? [];
}

/** The worker that is a source itself. */
export function givenWorker(worker: DeclarativeWorker, problems: Problems): DiscoveredWorker {
  if (worker.name === undefined) problems.add("A DeclarativeWorker has no name: pass one as its option name");
  return { worker, origin: "a DeclarativeWorker" };
}

function discover(source: unknown, instantiate: (type: Newable) => object, problems: Problems): DiscoveredWorker[] {
  if (DeclarativeWorker.isOne(source)) return [givenWorker(DeclarativeWorker.from(source), problems)];
  if (isNewable(source) && (isDecorated(source) || "workers" in source.prototype)) {
    const instance = problems.attempt(sourceName(source), () => instantiate(source));
    return instance === undefined ? workersWithoutInstance(source, problems) : workersOfInstance(source, instance, problems);
  }
  if (typeof source === "object" && source !== null) return workersOfInstance(typeOf(source), source, problems);
  problems.add(`${sourceName(source)} ${explainNoWorkers(source)}`);
  return [];
}

function workersOfInstance(type: NamedType, instance: object, problems: Problems): DiscoveredWorker[] {
  const configurer = isConfigurer(type, instance) ? instance : undefined;
  if (!isDecorated(type) && configurer === undefined) {
    problems.add(`${sourceName(instance)} ${explainNoWorkers(instance)}`);
    return [];
  }
  const group = declaredGroup(type, instance, problems);
  const found = declaredWorkers(type, instance, group, problems);
  return configurer === undefined ? found : [...found, ...configuredWorkers(configurer, group, problems)];
}

/** The workers of a class whose instance could not be created. Checks of its decorators what can be checked without one. */
function workersWithoutInstance(type: Newable, problems: Problems): DiscoveredWorker[] {
  const found = declaredWorkers(type, undefined, declaredGroup(type, undefined, problems), problems);
  // Names that are only half known would clash with others by chance.
  return isNamedByInstance(classRecords(type)) ? [] : found;
}

function isDecorated(type: object): boolean {
  return memberRecords(type).size > 0 || hasMethodDecorators(type);
}

/** Creates the instance of a class by `new` without arguments. */
export function construct(type: Newable): object {
  const length = argumentsNeeded(type);
  if (length > 0) {
    throw new InvalidArgumentError(
      `its constructor needs ${length === 1 ? "an argument" : `${length} arguments`}: pass an instance instead of the class, or use the option resolve`,
    );
  }
  return new type();
}

/**
 * How many arguments the constructor needs. A class without one of its own needs those of its base, but its `length` does not
 * show them.
 */
function argumentsNeeded(type: Newable): number {
  if (type.length > 0) return type.length;
  const base: unknown = Object.getPrototypeOf(type);
  const ofBase = isNewable(base) ? argumentsNeeded(base) : 0;
  return ofBase > 0 && !hasOwnConstructor(type) ? ofBase : 0;
}

/** The name of a source in messages. */
export function sourceName(source: unknown): string {
  if (typeof source === "function")
    return functionName(source) || (isClass(source) ? "A class without a name" : "A function without a name");
  // A string may be a connection URL.
  if (typeof source === "string") return describeKind(source);
  if (typeof source !== "object" || source === null) return showValue(source);
  const name = className(source);
  return name === "" ? describeKind(source) : `An instance of ${name}`;
}

/** Why a source has no workers, and what to pass instead. */
function explainNoWorkers(source: unknown): string {
  if (types.isPromise(source)) {
    onRejection(source, () => {});
    return "is a promise: await it before bootstrap";
  }
  if (typeof source === "object" && hasMethod(source, "run"))
    return "is a worker without a name: pass new DeclarativeWorker({ name, worker })";
  if (isClass(source) || (typeof source === "object" && source !== null)) {
    return "has no workers: decorate a method with @Worker or @Repeat, or add a method workers()";
  }
  if (typeof source === "function") return "is a function: pass new DeclarativeWorker({ name, worker })";
  return "is not a source of workers: pass a class, an instance or a DeclarativeWorker";
}

function isNewable(source: unknown): source is Newable {
  return typeof source === "function" && typeof source.prototype === "object" && source.prototype !== null;
}

const literal: NamedType = { name: "" };

function typeOf(instance: object): NamedType {
  const type = readProperty(instance, "constructor");
  return typeof type === "function" && type !== Object ? type : literal;
}
