import type { JobFunc } from "../chain/job.js";
import { parseName } from "../chain/named.js";
import { generatorProblem } from "../chain/user-code.js";
import { Declaration, DeclarativeWorker, type DeclaredFields, type WorkerGroup } from "../declarative-worker.js";
import { type DecoratorRecord, memberRecords } from "../decorators/decorator-record.js";
import { isNamedByInstance } from "../decorators/named.js";
import type { DiscoveredWorker, NamedType } from "./discovered-worker.js";
import { hasMinifiedName } from "./minified-name.js";
import type { Problems } from "./problems.js";
import { knownRecords, resolveArguments, validateDecorators } from "./validate-decorators.js";

/**
 * Makes the workers of one instance of a class from the records of its decorators.
 * @param instance undefined if it could not be created: then everything is checked that can be checked without one, and the
 * workers are used for their names alone
 * @param group the group of all these workers
 */
export function declaredWorkers(
  type: NamedType,
  instance: object | undefined,
  group: WorkerGroup,
  problems: Problems,
): DiscoveredWorker[] {
  const isMinified = hasMinifiedName(type);
  return [...memberRecords(type)].flatMap(([member, records]) => {
    const origin = `${type.name}.${String(member)}`;
    const worker = problems.attempt(origin, () => {
      const method = instance === undefined ? inheritedMethod(type, member) : Reflect.get(instance, member);
      const found = validateDecorators(origin, records);
      if (found.length === 0 && (instance !== undefined || method !== undefined)) found.push(...validateMethod(origin, method));
      problems.add(...found);
      return found.length > 0 ? undefined : declaredWorker(origin, member, records, instance, group, problems);
    });
    if (worker === undefined || (instance === undefined && isNamedByInstance(records))) return [];
    if (isMinified && worker.distributed === true) {
      problems.add(
        `${origin} is distributed, and the name of its class looks minified: replicas know the worker by its name, so name the class with @Named`,
      );
    }
    return [{ worker, origin, member, hasMinifiedName: isMinified }];
  });
}

/** The method that instances inherit, found without calling a getter. */
function inheritedMethod(type: object, member: string | symbol): unknown {
  for (let owner: unknown = Reflect.get(type, "prototype"); typeof owner === "object" && owner !== null; ) {
    const found = Object.getOwnPropertyDescriptor(owner, member);
    if (found !== undefined) return found.value;
    owner = Object.getPrototypeOf(owner);
  }
  return undefined;
}

function validateMethod(origin: string, method: unknown): string[] {
  if (typeof method !== "function") return [`${origin} is decorated as a worker, but is not a method of the instance`];
  const problem = generatorProblem(method);
  if (problem !== undefined) return [`${origin} ${problem}`];
  return method.length > 1
    ? [`${origin} takes ${method.length} parameters: a worker receives one, its context; add a default to the others`]
    : [];
}

/** Parses each decorator, so that the problems of all are reported; makes the worker if there are none. */
function declaredWorker(
  origin: string,
  member: string | symbol,
  records: readonly DecoratorRecord[],
  instance: object | undefined,
  group: WorkerGroup,
  problems: Problems,
): DeclarativeWorker | undefined {
  // Looks the method up at every run, so that overrides and stubs are used.
  const method: JobFunc = (context) =>
    instance === undefined ? undefined : Reflect.apply(Reflect.get(instance, member), instance, [context]);
  const parts = knownRecords(records).map((known) =>
    problems.attempt(origin, () => known.decorator.parse(resolveArguments(known, instance), method)),
  );
  if (parts.includes(undefined)) return undefined;
  const fields = parts.reduce<DeclaredFields>((declared, part) => Object.assign(declared, part), {});
  const name = fields.name ?? parseName(typeof member === "symbol" ? member.description : member);
  return new DeclarativeWorker(new Declaration(Object.assign(fields, { name: `${group.name}/${name}`, group })));
}
