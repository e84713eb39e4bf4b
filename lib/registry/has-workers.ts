import { memberRecords } from "../decorators/decorator-record.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { isInstanceOf } from "../errors/read-value.js";

/**
 * Whether a class, or the class of an instance, has or inherits methods with decorators of this library, so that it is a source
 * for `bootstrap`: for finding sources among the providers of a container. Creates no instance, and never throws.
 */
export function hasWorkers(typeOrInstance: unknown): boolean {
  try {
    return methodsOf(typeOrInstance).length > 0;
  } catch (error) {
    // Decorators of another version: bootstrap reports them when it is passed the class. Other errors come from values without a
    // prototype, from proxies and from getters.
    return isInstanceOf(error, InvalidArgumentError);
  }
}

/**
 * The methods of a class, or of the class of an instance, that have decorators of this library, inherited ones first: for the
 * adapter of a framework, which checks what else is on them. Creates no instance. Never throws: it is empty for any other value,
 * and if the decorators are of another version, which `bootstrap` reports.
 */
export function workerMethods(typeOrInstance: unknown): readonly (string | symbol)[] {
  try {
    return methodsOf(typeOrInstance);
  } catch {
    return [];
  }
}

function methodsOf(typeOrInstance: unknown): (string | symbol)[] {
  const type: unknown =
    typeof typeOrInstance === "function" ? typeOrInstance : Reflect.get(Object.getPrototypeOf(typeOrInstance), "constructor");
  return typeof type === "function" ? [...memberRecords(type).keys()] : [];
}
