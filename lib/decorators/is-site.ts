import { isClass } from "../errors/foreign-value.js";

/**
 * Whether a decorator that can be written without parentheses was given what a compiler hands to one: two arguments or more, or a
 * class under the legacy dialect.
 */
export function isSite(args: readonly unknown[]): boolean {
  return args.length > 1 || isClass(args[0]);
}
