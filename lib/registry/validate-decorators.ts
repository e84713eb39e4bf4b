import { type Decorator, findDecorator } from "../decorators/decorator.js";
import type { DecoratorRecord } from "../decorators/decorator-record.js";
import { refusePromise } from "./refuse-promise.js";

/** A record, and the decorator that it is of. */
export interface KnownRecord {
  readonly decorator: Decorator;
  readonly record: DecoratorRecord;
}

/**
 * Checks how the decorators of one method go together, without their arguments.
 * @param origin the method, for the messages
 * @returns the problems
 */
export function validateDecorators(origin: string, records: readonly DecoratorRecord[]): string[] {
  const misplaced = records.flatMap(({ decorator, error }) =>
    error === undefined ? [] : [`@${decorator} cannot be on ${origin}: ${error}`],
  );
  if (misplaced.length > 0) return misplaced;
  const unknown = explainUnknownDecorators(origin, records);
  if (unknown.length > 0) return unknown;
  const decorators = knownRecords(records).map(({ decorator }) => decorator);
  return [...explainDuplicates(origin, decorators), ...explainMakers(origin, [...new Set(decorators)])];
}

function explainDuplicates(origin: string, decorators: readonly Decorator[]): string[] {
  return [...new Set(decorators)].flatMap((decorator) =>
    decorators.filter((other) => other === decorator).length > 1
      ? [`@${decorator.name} is on ${origin} more than once: keep one`]
      : [],
  );
}

/** There must be one decorator that makes the method a worker or a job, and the others must fit that. */
function explainMakers(origin: string, decorators: readonly Decorator[]): string[] {
  const makers = new Set(decorators.flatMap(({ makes }) => makes ?? []));
  if (makers.size > 1) {
    return [
      `${origin} is both @Worker and @Repeat: keep @Worker if it runs until it is stopped, @Repeat if it is run again and again`,
    ];
  }
  if (makers.has("worker")) {
    return decorators
      .filter(({ isForJobsOnly }) => isForJobsOnly)
      .map(({ name }) => `@${name} is on ${origin}, which is a @Worker: it is for the runs of a @Repeat`);
  }
  if (makers.has("job")) return [];
  const refiners = decorators.map(({ name }) => `@${name}`).join(" and ");
  return [
    `${origin} has ${refiners} but is not a worker: add @Worker if it runs until it is stopped, or @Repeat("…") if it is run again and again`,
  ];
}

/** Explains the records of another version of this library that this one cannot use. */
export function explainUnknownDecorators(owner: string, records: readonly DecoratorRecord[]): string[] {
  const hint = "another version of watchbill has recorded it, so install one version only";
  return records.flatMap(({ decorator: name, args }) => {
    const decorator = findDecorator(name);
    if (decorator === undefined) return [`@${name} of ${owner} is not known to this version of watchbill: ${hint}`];
    return args.slice(decorator.placeholders.length).some((arg) => arg !== undefined)
      ? [`@${name} of ${owner} has an argument that is not known to this version of watchbill: ${hint}`]
      : [];
  });
}

/** The records together with their decorators. Those of unknown decorators are left out. */
export function knownRecords(records: readonly DecoratorRecord[]): KnownRecord[] {
  return records.flatMap((record) => {
    const decorator = findDecorator(record.decorator);
    return decorator === undefined ? [] : [{ decorator, record }];
  });
}

/**
 * The arguments of a decorator, with functions of the instance replaced by what they return.
 * @param instance undefined if there is none: then the placeholder of the argument replaces each function
 * @throws InvalidArgumentError if a function returns a promise
 */
export function resolveArguments({ decorator, record }: KnownRecord, instance: object | undefined): unknown[] {
  return record.args.map((arg, index) => {
    if (typeof arg !== "function") return arg;
    if (instance === undefined) return decorator.placeholders[index];
    const value: unknown = arg(instance);
    refusePromise(`The function of @${decorator.name}`, value);
    return value;
  });
}
