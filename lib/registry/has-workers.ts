import { memberRecords } from "../decorators/decorator-record.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { isInstanceOf } from "../errors/read-value.js";

/**
 * Whether a class, or the class of an instance, has or inherits methods with decorators of this library, so that it is a source
 * for `bootstrap`: for finding sources among the providers of a container. Creates no instance, and never throws.
 */
export function hasWorkers(typeOrInstance: unknown): boolean {
  try {
    const type = typeof typeOrInstance === "function" ? typeOrInstance : classOf(typeOrInstance);
    return type !== undefined && memberRecords(type).size > 0;
  } catch (error) {
    // Decorators of another version: bootstrap reports them when it is passed the class. Other errors come from proxies, getters.
    return isInstanceOf(error, InvalidArgumentError);
  }
}

function classOf(instance: unknown): object | undefined {
  if (typeof instance !== "object" || instance === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(instance);
  const type: unknown = typeof prototype === "object" && prototype !== null ? Reflect.get(prototype, "constructor") : undefined;
  return typeof type === "function" ? type : undefined;
}
