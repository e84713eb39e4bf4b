import "reflect-metadata";
import { types } from "node:util";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { decoratorTarget, symbolMetadata } from "./decorator-target.js";

/** One decorator on one member or class, as it was written. */
export interface DecoratorRecord {
  /** The decorator's name, without the @. */
  readonly decorator: string;
  readonly args: readonly unknown[];
  /** Why it cannot be applied there, and how to fix that; undefined if it can. */
  readonly error: string | undefined;
}

/** The records of a class by member, and of the class itself under `undefined`. */
type ClassRecords = Map<string | symbol | undefined, DecoratorRecord[]>;

// A string, and plain data under it: two copies of this library, or its ESM and CJS builds, read each other's records.
const key = "watchbill:record";

/**
 * Records a decorator in the metadata of the class. It checks no arguments: `bootstrap` does, when the name of the class is known
 * and all problems can be reported at once.
 * @param target the arguments that the compiler passed to the decorator
 * @param misuse why it cannot be applied anywhere, and how to fix that
 * @throws InvalidArgumentError if no compiler passes such arguments
 */
export function recordDecorator(decorator: string, args: readonly unknown[], target: readonly unknown[], misuse?: string): void {
  const { owner, member, error = misuse } = decoratorTarget(target);
  const records = ownRecords(owner) ?? new Map<string | symbol | undefined, DecoratorRecord[]>();
  records.set(member, [...(records.get(member) ?? []), { decorator, args, error }]);
  Reflect.defineMetadata(key, records, owner);
}

/**
 * The records of the members of a class and its bases, the bases' first. A member that is decorated again in a subclass has the
 * records of the subclass alone.
 */
export function memberRecords(type: object): Map<string | symbol, readonly DecoratorRecord[]> {
  const found = new Map<string | symbol, readonly DecoratorRecord[]>();
  for (const ancestor of prototypeChain(type)) {
    for (const [member, records] of recordsOf(ancestor)) if (member !== undefined) found.set(member, records);
  }
  return found;
}

/** The records of the class itself, without those of its bases. */
export function classRecords(type: object): readonly DecoratorRecord[] {
  return recordsOf(type).flatMap(([member, records]) => (member === undefined ? records : []));
}

/** The records of the class itself and of its bases, the bases' first. */
export function allClassRecords(type: object): readonly DecoratorRecord[] {
  return prototypeChain(type).flatMap(classRecords);
}

/** The records of a decorator on the class, or else on the nearest of its bases that has it. */
export function nearestClassRecords(type: object, decorator: string): readonly DecoratorRecord[] {
  for (const ancestor of prototypeChain(type).reverse()) {
    const records = classRecords(ancestor).filter((record) => record.decorator === decorator);
    if (records.length > 0) return records;
  }
  return [];
}

/** A class may have records in either dialect, or in both if several compilers were used. */
function recordsOf(type: object): [string | symbol | undefined, DecoratorRecord[]][] {
  // The own property: a legacy class that extends a standard one would show the metadata of its base.
  const owners: unknown[] = [Reflect.get(type, "prototype"), Object.getOwnPropertyDescriptor(type, symbolMetadata)?.value];
  return owners.flatMap((owner) => (typeof owner === "object" && owner !== null ? [...(ownRecords(owner) ?? [])] : []));
}

function ownRecords(owner: object): ClassRecords | undefined {
  const found: unknown = Reflect.getOwnMetadata(key, owner);
  if (found === undefined || isClassRecords(found)) return found;
  throw new InvalidArgumentError(
    "Decorators of another version of watchbill are on the class, whose record cannot be read: install one version only",
  );
}

function isClassRecords(value: unknown): value is ClassRecords {
  return types.isMap(value) && Array.from(value.values()).every((records) => Array.isArray(records) && records.every(isRecord));
}

function isRecord(value: unknown): value is DecoratorRecord {
  if (typeof value !== "object" || value === null || !("decorator" in value) || !("args" in value)) return false;
  const error = "error" in value ? value.error : undefined;
  return typeof value.decorator === "string" && Array.isArray(value.args) && (error === undefined || typeof error === "string");
}

/** The class and its bases, from the first base down. */
function prototypeChain(type: object): object[] {
  const types: object[] = [];
  for (let next: unknown = type; typeof next === "function" && next !== Function.prototype; next = Object.getPrototypeOf(next))
    types.unshift(next);
  return types;
}
