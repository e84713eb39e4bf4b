import type { WorkerGroup } from "../declarative-worker.js";
import { classDecorators, findDecorator } from "../decorators/decorator.js";
import { allClassRecords, classRecords, type DecoratorRecord, nearestClassRecords } from "../decorators/decorator-record.js";
import { hasName } from "../decorators/named.js";
import type { NamedType } from "./discovered-worker.js";
import type { Problems } from "./problems.js";
import { explainUnknownDecorators, resolveArguments } from "./validate-decorators.js";

/**
 * Makes the group of an instance's workers from the decorators of its class. The name of the group is the first part of their
 * names.
 * @param instance undefined if it could not be created: then everything is checked that can be checked without one
 */
export function declaredGroup(type: NamedType, instance: object | undefined, problems: Problems): WorkerGroup {
  const owner = type.name || "a class without a name";
  problems.add(...explainUnknownDecorators(owner, allClassRecords(type)), ...explainMisplaced(owner, classRecords(type)));
  if (type.name === "" && !hasName(classRecords(type))) {
    problems.add("A class without a name has workers: name it with @Named");
  }
  const parts = classDecorators().map((decorator) => {
    const { name, onClass } = decorator;
    const record = only(onClass.isInherited ? nearestClassRecords(type, name) : classRecords(type), name, owner, problems);
    return record && problems.attempt(owner, () => onClass.parse(resolveArguments({ decorator, record }, instance)));
  });
  return parts.reduce<WorkerGroup>((group, part) => Object.assign(group, part), { name: type.name, retry: undefined });
}

/** Whether a class has decorators on itself that are for methods, or that this version does not know. */
export function hasMethodDecorators(type: object): boolean {
  return classRecords(type).some(({ decorator }) => findDecorator(decorator)?.onClass === undefined);
}

function explainMisplaced(owner: string, records: readonly DecoratorRecord[]): string[] {
  return records.flatMap((record) => {
    const { decorator, error } = record;
    if (error !== undefined) return [`@${decorator} cannot be on ${owner}: ${error}`];
    return explainUnknownDecorators(owner, [record]).length === 0 && findDecorator(decorator)?.onClass === undefined
      ? [`@${decorator} is on the class ${owner}: put it on a method`]
      : [];
  });
}

/** The one record of a decorator among others; a second one is a problem. Records that are misplaced do not count. */
function only(records: readonly DecoratorRecord[], name: string, owner: string, problems: Problems): DecoratorRecord | undefined {
  const [first, second] = records.filter((record) => record.decorator === name && record.error === undefined);
  if (second !== undefined) problems.add(`@${name} is on ${owner} more than once: keep one`);
  return first;
}
