import { types } from "node:util";
import { isWorker } from "../chain/worker-definition.js";
import { DeclarativeWorker } from "../declarative-worker.js";
import { className, describeKind, functionName, isClass, onRejection, readProperty, showValue } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { classEntries, memberEntries } from "../metadata/record.js";
import { isNamedByInstance } from "./arguments-of.js";
import { configuredWorkers, isConfigurer } from "./configured-workers.js";
import { declaredWorkers } from "./declared-workers.js";
import type { FoundWorker, NamedType } from "./found-worker.js";
import { classDecorators, groupOf } from "./group-of.js";
import { hasOwnConstructor } from "./own-constructor.js";
import type { Problems } from "./problems.js";

/** A class whose instances can be made. */
export type Newable = new (...args: unknown[]) => object;

/**
 * The workers of one source; none, and a problem, if something is wrong with it.
 * @param instantiate makes the instance of a class; may throw
 */
export function workersOf(source: unknown, instantiate: (type: Newable) => object, problems: Problems): FoundWorker[] {
  return problems.attempt(sourceName(source), () => read(source, instantiate, problems)) ?? [];
}

/** A worker that is its own source. */
export function givenWorker(worker: DeclarativeWorker, problems: Problems): FoundWorker {
  if (worker.name === undefined) problems.add("A DeclarativeWorker without a name was given: give it a name");
  return { worker, origin: "a DeclarativeWorker" };
}

function read(source: unknown, instantiate: (type: Newable) => object, problems: Problems): FoundWorker[] {
  if (DeclarativeWorker.isOne(source)) return [givenWorker(DeclarativeWorker.from(source), problems)];
  if (isNewable(source) && (isDecorated(source) || "workers" in source.prototype)) {
    const instance = problems.attempt(sourceName(source), () => instantiate(source));
    return instance === undefined ? workersWithoutInstance(source, problems) : workersOfInstance(source, instance, problems);
  }
  if (typeof source === "object" && source !== null) return workersOfInstance(typeOf(source), source, problems);
  problems.add(`${sourceName(source)} ${emptiness(source)}`);
  return [];
}

/** The instance of a class that `new` without arguments makes. */
export function construct(type: Newable): object {
  const length = argumentsNeeded(type);
  if (length > 0) {
    throw new InvalidArgumentError(
      `its constructor needs ${length === 1 ? "an argument" : `${length} arguments`}: give an instance instead of the class, or the option resolve`,
    );
  }
  return new type();
}

/** How many arguments the constructor needs. A class without one of its own has that of its base, but does not say what that needs. */
function argumentsNeeded(type: Newable): number {
  if (type.length > 0) return type.length;
  const base: unknown = Object.getPrototypeOf(type);
  const ofBase = isNewable(base) ? argumentsNeeded(base) : 0;
  return ofBase > 0 && !hasOwnConstructor(type) ? ofBase : 0;
}

/** What a source is called in a message. */
export function sourceName(source: unknown): string {
  if (typeof source === "function")
    return functionName(source) || (isClass(source) ? "A class without a name" : "A function without a name");
  // A string may be a connection URL.
  if (typeof source === "string") return describeKind(source);
  if (typeof source !== "object" || source === null) return showValue(source);
  const name = className(source);
  return name === "" ? describeKind(source) : `An instance of ${name}`;
}

function workersOfInstance(type: NamedType, instance: object, problems: Problems): FoundWorker[] {
  const configurer = isConfigurer(type, instance) ? instance : undefined;
  if (!isDecorated(type) && configurer === undefined) {
    problems.add(`${sourceName(instance)} ${emptiness(instance)}`);
    return [];
  }
  const group = groupOf(type, instance, problems);
  const found = declaredWorkers(type, instance, group, problems);
  return configurer === undefined ? found : [...found, ...configuredWorkers(configurer, group, problems)];
}

/** Those of a class whose instance could not be made: checks of its decorators what can be checked without one. */
function workersWithoutInstance(type: Newable, problems: Problems): FoundWorker[] {
  const found = declaredWorkers(type, undefined, groupOf(type, undefined, problems), problems);
  // Names that are only half known would clash with others by chance.
  return isNamedByInstance(classEntries(type)) ? [] : found;
}

function emptiness(source: unknown): string {
  if (types.isPromise(source)) {
    onRejection(source, () => {});
    return "is a promise: await it before bootstrap";
  }
  if (isWorker(source)) return "is a worker without a name: give new DeclarativeWorker({ name, worker })";
  if (isClass(source) || (typeof source === "object" && source !== null)) {
    return "has no workers: decorate a method with @Worker or @Repeat, or give it a method workers()";
  }
  if (typeof source === "function") return "is a function: give new DeclarativeWorker({ name, worker })";
  return "is no source of workers: give a class, an instance or a DeclarativeWorker";
}

function isDecorated(type: object): boolean {
  return memberEntries(type).size > 0 || classEntries(type).some(({ decorator }) => !classDecorators.has(decorator));
}

function isNewable(source: unknown): source is Newable {
  return typeof source === "function" && typeof source.prototype === "object" && source.prototype !== null;
}

const literal: NamedType = { name: "" };

function typeOf(instance: object): NamedType {
  const type = readProperty(instance, "constructor");
  return typeof type === "function" && type !== Object ? type : literal;
}
