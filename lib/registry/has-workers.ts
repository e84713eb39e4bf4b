import { memberRecords } from "../decorators/decorator-record.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { isInstanceOf } from "../errors/read-value.js";

/**
 * Whether a class, or the class of an instance, has or inherits methods with decorators of this library, so that it is a source
 * for `bootstrap`: for finding sources among the providers of a container. Creates no instance, and never throws.
 */
export function hasWorkers(typeOrInstance: unknown): boolean {
  try {
    const type: unknown =
      typeof typeOrInstance === "function" ? typeOrInstance : Reflect.get(Object.getPrototypeOf(typeOrInstance), "constructor");
    return typeof type === "function" && memberRecords(type).size > 0;
  } catch (error) {
    // Decorators of another version: bootstrap reports them when it is passed the class. Other errors come from values without a
    // prototype, from proxies and from getters.
    return isInstanceOf(error, InvalidArgumentError);
  }
}
