import "reflect-metadata";
import { types } from "node:util";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { siteOf } from "./site.js";
import { symbolMetadata } from "./symbol-metadata.js";

/** One decorator on one member, as it was written. */
export interface Entry {
  /** The decorator's name, without the @. */
  readonly decorator: string;
  readonly args: readonly unknown[];
  /** What is wrong with its standing there, if anything is. */
  readonly misuse: string | undefined;
}

/** What the decorators of a class have recorded: the entries of each member, and of the class itself under `undefined`. */
type ClassRecord = Map<string | symbol | undefined, Entry[]>;

// A string, and plain data under it: two copies of this library, or its ESM and CJS faces, read each other's records.
const key = "watchbill:record";

/**
 * Writes down that a decorator stands somewhere. All that decorators do: whether it makes sense is judged at bootstrap, where
 * the class is known by name and everything that is wrong can be told at once.
 * @param site what the compiler handed to the decorator
 */
export function record(decorator: string, args: readonly unknown[], site: readonly unknown[]): void {
  const { home, member, misuse } = siteOf(site);
  const members = ownRecord(home) ?? new Map<string | symbol | undefined, Entry[]>();
  members.set(member, [...(members.get(member) ?? []), { decorator, args, misuse }]);
  Reflect.defineMetadata(key, members, home);
}

/**
 * What stands on the members of a class and its bases, the bases' first. A member that is decorated again in a subclass has
 * the subclass's entries alone.
 */
export function memberEntries(type: object): Map<string | symbol, readonly Entry[]> {
  const found = new Map<string | symbol, readonly Entry[]>();
  for (const ancestor of lineage(type)) {
    for (const [member, entries] of ownEntries(ancestor)) if (member !== undefined) found.set(member, entries);
  }
  return found;
}

/** What stands on the class itself, and not on its bases. */
export function classEntries(type: object): readonly Entry[] {
  return ownEntries(type).flatMap(([member, entries]) => (member === undefined ? entries : []));
}

/** What stands on the class and on its bases, the bases' first. */
export function allClassEntries(type: object): readonly Entry[] {
  return lineage(type).flatMap(classEntries);
}

/** What a decorator has recorded of the class, or else of the nearest of its bases on which it stands. */
export function nearestClassEntries(type: object, decorator: string): readonly Entry[] {
  for (const ancestor of lineage(type).reverse()) {
    const entries = classEntries(ancestor).filter((entry) => entry.decorator === decorator);
    if (entries.length > 0) return entries;
  }
  return [];
}

/** A class may have a record in either dialect, or, by way of its compilers, in both. */
function ownEntries(type: object): [string | symbol | undefined, Entry[]][] {
  // As an own property: a legacy class that extends a standard one would show its base's.
  const homes: unknown[] = [Reflect.get(type, "prototype"), Object.getOwnPropertyDescriptor(type, symbolMetadata)?.value];
  return homes.flatMap((home) => (typeof home === "object" && home !== null ? [...(ownRecord(home) ?? [])] : []));
}

function ownRecord(home: object): ClassRecord | undefined {
  const found: unknown = Reflect.getOwnMetadata(key, home);
  if (found === undefined || isRecord(found)) return found;
  throw new InvalidArgumentError(
    "Decorators of another version of watchbill are on the class, whose record cannot be read: install one version only",
  );
}

function isRecord(value: unknown): value is ClassRecord {
  return types.isMap(value) && Array.from(value.values()).every((entries) => Array.isArray(entries) && entries.every(isEntry));
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== "object" || value === null || !("decorator" in value) || !("args" in value)) return false;
  const misuse = "misuse" in value ? value.misuse : undefined;
  return typeof value.decorator === "string" && Array.isArray(value.args) && (misuse === undefined || typeof misuse === "string");
}

/** The class and its bases, from the first base down. */
function lineage(type: object): object[] {
  const types: object[] = [];
  for (let next: unknown = type; typeof next === "function" && next !== Function.prototype; next = Object.getPrototypeOf(next))
    types.unshift(next);
  return types;
}
