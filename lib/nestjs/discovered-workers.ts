import type { Type } from "@nestjs/common";
import type { DiscoveryService } from "@nestjs/core";
import { BootstrapError, hasWorkers, WorkerRegistry, workerMethods } from "../index.js";
import { type InstanceWrapper, scopeProblem } from "./provider-scope.js";
import { enhancerProblems } from "./request-enhancers.js";

/**
 * Returns a registry of all providers and controllers of the application that have decorated methods, in the order of their
 * modules, whose workers have been read.
 * @throws BootstrapError with everything that is wrong with them
 */
export function discoverWorkers(discovery: DiscoveryService): WorkerRegistry {
  const controllers = new Set(discovery.getControllers());
  const sources = new Map<object, InstanceWrapper>();
  const problems: string[] = [];
  for (const wrapper of [...discovery.getProviders(), ...controllers]) {
    const type = classOf(wrapper);
    if (type === undefined || !hasWorkers(type)) continue;
    const found = problemsOf(wrapper, type, controllers.has(wrapper));
    problems.push(...found);
    // By instance: an alias has that of another provider.
    if (found.length === 0 && isObject(wrapper.instance)) sources.set(wrapper.instance, wrapper);
  }
  const registry = registryOf(sources, problems);
  const errors = readWorkers(registry, problems);
  if (problems.length > 0) throw new BootstrapError(problems, errors);
  return registry;
}

function problemsOf(wrapper: InstanceWrapper, type: Type, isController: boolean): string[] {
  const methods = workerMethods(type);
  const ofScope = methods.flatMap((method) => scopeProblem(wrapper, `${type.name}.${String(method)}`) ?? []);
  return [...ofScope, ...enhancerProblems(type, methods, isController)];
}

/**
 * The registry of the instances. One whose workers would run twice, because its class is provided by two modules, is a problem.
 */
function registryOf(sources: ReadonlyMap<object, InstanceWrapper>, problems: string[]): WorkerRegistry {
  const registry = new WorkerRegistry();
  const providers = new Map<unknown, InstanceWrapper>();
  for (const [instance, wrapper] of sources) {
    const first = providers.get(instance.constructor);
    if (first !== undefined && haveSameNames(first.instance, instance)) {
      problems.push(
        `${instance.constructor.name} is provided by ${moduleOf(first)} and by ${moduleOf(wrapper)}, so that its workers would run twice: provide it in one module, export it there, and import that module in the other`,
      );
      continue;
    }
    providers.set(instance.constructor, first ?? wrapper);
    registry.provide(instance);
  }
  return registry;
}

/** Adds what `bootstrap` would report to the problems. Returns the errors behind them. */
function readWorkers(registry: WorkerRegistry, problems: string[]): readonly unknown[] {
  try {
    void registry.workers;
    return [];
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    problems.push(...error.problems);
    return error.errors;
  }
}

/** Whether two instances of a class have workers of the same names: `@Named((self) => …)` may have named them apart. */
function haveSameNames(first: object, second: object): boolean {
  const names = new Set(namesOf(first));
  return namesOf(second).some((name) => names.has(name));
}

/** Empty if something is wrong with the instance, which the registry reports. */
function namesOf(instance: object): string[] {
  try {
    return new WorkerRegistry().provide(instance).workers.map(({ label }) => label);
  } catch {
    return [];
  }
}

function moduleOf({ host }: InstanceWrapper): string {
  return host?.metatype.name ?? "a module";
}

/** The class of what is provided, also of a request-scoped one, of which there is no instance. */
function classOf({ metatype, inject, instance, token }: InstanceWrapper): Type | undefined {
  const isOfClass = typeof metatype === "function" && (inject === undefined || inject === null);
  const type: unknown = isOfClass ? metatype : isObject(instance) ? constructorOf(instance) : token;
  return isClass(type) ? type : undefined;
}

function constructorOf(instance: object): unknown {
  // What is provided may be of any kind, such as a proxy that throws.
  try {
    return instance.constructor;
  } catch {
    return undefined;
  }
}

function isClass(type: unknown): type is Type {
  return typeof type === "function";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
