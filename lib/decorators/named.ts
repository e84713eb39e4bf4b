import { record } from "../metadata/record.js";
import type { ValueOrOf, WorkerDecorator } from "./method-decorator.js";

/**
 * On a class, replaces the class's part of its workers' names; on a method, the method's part: `"<class>/<method>"`. A
 * subclass inherits the names of methods, but is a class with a name of its own.
 * @param name not empty, or a function of the instance that gives it
 */
export function Named<Self extends object = object>(name: ValueOrOf<Self, string>): WorkerDecorator<NoInfer<Self>> {
  return (...site: unknown[]) => record("Named", [name], site);
}
