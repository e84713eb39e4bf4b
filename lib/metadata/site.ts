import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import "./symbol-metadata.js";

/** What a decorator stands on. */
export interface Site {
  /** The object that carries the metadata of the class: its prototype in the legacy dialect, its metadata object in the standard. */
  readonly home: object;
  /** Undefined for the class itself. */
  readonly member: string | symbol | undefined;
  /** What is wrong with a decorator standing there, and the cure. */
  readonly misuse: string | undefined;
}

/**
 * Tells the dialects apart by what the compiler hands to a decorator. Standard: the value and a context with a `kind`.
 * Legacy (`experimentalDecorators`): the prototype, or the class for statics, the key, and a descriptor or a parameter's index.
 */
export function siteOf(args: readonly unknown[]): Site {
  const [target, context, detail] = args;
  if (isStandardContext(context)) return standardSite(context);
  if (typeof target === "function" && context === undefined) {
    return { home: prototypeOf(target), member: undefined, misuse: typeof detail === "number" ? cures.parameter : undefined };
  }
  if (isObjectLike(target) && isKey(context)) {
    const isStatic = typeof target === "function";
    const misuse = isStatic ? cures.static : legacyMisuse(detail);
    return { home: isStatic ? prototypeOf(target) : target, member: memberAt(context), misuse };
  }
  throw new InvalidArgumentError(
    "A decorator was called with something that no compiler hands to one: write it as @Decorator on a method",
  );
}

/** esbuild hands the name of a method that is a number over as one, and TypeScript as a string. */
type Key = string | symbol | number | bigint;

function isKey(value: unknown): value is Key {
  return ["string", "symbol", "number", "bigint"].includes(typeof value);
}

function memberAt(key: Key): string | symbol {
  return typeof key === "symbol" ? key : String(key);
}

const cures = {
  static: "it is static: remove static, workers belong to instances",
  private: "it is private to the class: remove the #, so that it can be called",
  field: "it is a field: make it a method",
  accessor: "it is an accessor: make it a method",
  parameter: "it is on a parameter: put it on the method",
};

interface StandardContext {
  readonly kind: string;
  readonly name: Key | undefined;
  readonly static?: boolean;
  readonly private?: boolean;
  readonly metadata?: object;
}

function isStandardContext(value: unknown): value is StandardContext {
  return typeof value === "object" && value !== null && "kind" in value && typeof value.kind === "string";
}

function standardSite({ kind, name, static: isStatic, private: isPrivate, metadata: home }: StandardContext): Site {
  if (home === undefined) {
    throw new InvalidArgumentError(
      'The compiler gives decorators no metadata object: use TypeScript 5.2 or later, esbuild 0.21 or later, or Babel with @babel/plugin-proposal-decorators and its version "2023-05" or later',
    );
  }
  if (kind === "class") return { home, member: undefined, misuse: undefined };
  return { home, member: name === undefined ? undefined : memberAt(name), misuse: standardMisuse(kind, isStatic, isPrivate) };
}

function standardMisuse(kind: string, isStatic: boolean | undefined, isPrivate: boolean | undefined): string | undefined {
  if (kind === "field") return cures.field;
  if (kind !== "method") return cures.accessor;
  if (isStatic === true) return cures.static;
  return isPrivate === true ? cures.private : undefined;
}

function legacyMisuse(detail: unknown): string | undefined {
  if (typeof detail === "number") return cures.parameter;
  if (!isObjectLike(detail)) return cures.field;
  if (!("value" in detail)) return cures.accessor;
  return typeof detail.value === "function" ? undefined : cures.field;
}

function prototypeOf(type: object): object {
  const prototype: unknown = Reflect.get(type, "prototype");
  return isObjectLike(prototype) ? prototype : type;
}

function isObjectLike(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
