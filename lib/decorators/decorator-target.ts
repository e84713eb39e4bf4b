import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { isClass, isObjectLike } from "../errors/read-value.js";

/**
 * The key under which a class has its standard decorator metadata. Node 20 lacks the symbol, and without it the output of tsc
 * passes no metadata object to decorators at all; esbuild falls back to the registered symbol, so that one is defined here. This
 * runs before any class that uses our decorators is evaluated, since its module imports this one first.
 */
export const symbolMetadata: symbol = ensureSymbolMetadata();

function ensureSymbolMetadata(): symbol {
  const known: unknown = Reflect.get(Symbol, "metadata");
  if (typeof known === "symbol") return known;
  const symbol = Symbol.for("Symbol.metadata");
  Object.defineProperty(Symbol, "metadata", { value: symbol });
  return symbol;
}

/** What a decorator is applied to. */
export interface DecoratorTarget {
  /**
   * The object that carries the metadata of the class: its prototype in the legacy dialect, its metadata object in the standard.
   */
  readonly owner: object;
  /** Undefined for the class itself. */
  readonly member: string | symbol | undefined;
  /** Why a decorator cannot be applied there, and how to fix that; undefined if it can. */
  readonly error: string | undefined;
}

/**
 * Reads the arguments that the compiler passes to a decorator, in either dialect. Standard: the value and a context with a
 * `kind`. Legacy (`experimentalDecorators`): the prototype, or the class for statics, the key, and a descriptor or a parameter's
 * index.
 * @throws InvalidArgumentError if no compiler passes such arguments
 */
export function decoratorTarget(args: readonly unknown[]): DecoratorTarget {
  const [target, context, detail] = args;
  if (isStandardContext(context)) return standardTarget(context);
  if (typeof target === "function" && context === undefined) {
    return { owner: prototypeOf(target), member: undefined, error: typeof detail === "number" ? hints.parameter : undefined };
  }
  if (isObjectLike(target) && isKey(context)) {
    const isStatic = typeof target === "function";
    const error = isStatic ? hints.static : legacyError(detail);
    return { owner: isStatic ? prototypeOf(target) : target, member: memberOf(context), error };
  }
  throw new InvalidArgumentError(
    "A decorator was called with arguments that no compiler passes: write it as @Decorator on a method",
  );
}

/** Whether a decorator was called by the compiler, as it is written without parentheses, and not by the user with arguments. */
export function isCalledByCompiler(args: readonly unknown[]): boolean {
  const [target, context] = args;
  return isStandardContext(context) || isClass(target) || (isObjectLike(target) && isKey(context));
}

const hints = {
  static: "it is static: remove static, workers belong to instances",
  private: "it is private to the class: remove the #, so that it can be called",
  field: "it is a field: make it a method",
  accessor: "it is an accessor: make it a method",
  parameter: "it is on a parameter: put it on the method",
};

/** esbuild passes the name of a method that is a number as a number, and TypeScript as a string. */
type Key = string | symbol | number | bigint;

function isKey(value: unknown): value is Key {
  return ["string", "symbol", "number", "bigint"].includes(typeof value);
}

function memberOf(key: Key): string | symbol {
  return typeof key === "symbol" ? key : String(key);
}

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

function standardTarget({ kind, name, static: isStatic, private: isPrivate, metadata }: StandardContext): DecoratorTarget {
  if (metadata === undefined) {
    throw new InvalidArgumentError(
      'The compiler passes no metadata object to decorators: use TypeScript 5.2 or later, esbuild 0.21 or later, or Babel with @babel/plugin-proposal-decorators and its version "2023-05" or later',
    );
  }
  if (kind === "class") return { owner: metadata, member: undefined, error: undefined };
  const member = name === undefined ? undefined : memberOf(name);
  return { owner: metadata, member, error: standardError(kind, isStatic, isPrivate) };
}

function standardError(kind: string, isStatic: boolean | undefined, isPrivate: boolean | undefined): string | undefined {
  if (kind === "field") return hints.field;
  if (kind !== "method") return hints.accessor;
  if (isStatic === true) return hints.static;
  return isPrivate === true ? hints.private : undefined;
}

function legacyError(detail: unknown): string | undefined {
  if (typeof detail === "number") return hints.parameter;
  if (!isObjectLike(detail)) return hints.field;
  if (!("value" in detail)) return hints.accessor;
  return typeof detail.value === "function" ? undefined : hints.field;
}

function prototypeOf(type: object): object {
  const prototype: unknown = Reflect.get(type, "prototype");
  return isObjectLike(prototype) ? prototype : type;
}
