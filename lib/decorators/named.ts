import { record } from "../metadata/record.js";
import type { ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";

/** A decorator for methods and classes alike. */
export interface NamedDecorator<Self extends object = object> extends WorkerMethodDecorator<Self> {
  /** Standard decorators. */
  <Class extends abstract new (...args: never[]) => Self>(type: Class, context: ClassDecoratorContext<Class>): void;
  /** `experimentalDecorators`. */
  <Class extends abstract new (...args: never[]) => Self>(type: Class): void;
}

/**
 * On a class, replaces the class's part of its workers' names; on a method, the method's part: `"<class>/<method>"`. A
 * subclass inherits the names of methods, but is a class with a name of its own.
 * @param name not empty, or a function of the instance that gives it
 */
export function Named<Self extends object = object>(name: ValueOrOf<Self, string>): NamedDecorator<NoInfer<Self>> {
  return (...site: unknown[]) => record("Named", [name], site);
}
