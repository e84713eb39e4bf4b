import { parseName } from "../chain/named.js";
import { defineDecorator } from "./decorator.js";
import type { DecoratorRecord } from "./decorator-record.js";
import type { UntypedSelf, ValueOrOf, WorkerDecorator } from "./method-decorator.js";
import type { Misuse, Place } from "./misuse.js";

/**
 * On a class, replaces the class's part of the names of its workers; on a method, the method's part: `"<class>/<method>"`. A
 * subclass inherits the names of methods, but not the name of the class.
 * @param name not empty, or a function of the instance that returns it
 */
export function Named<Self extends object = UntypedSelf>(name: ValueOrOf<Self, string>): WorkerDecorator<NoInfer<Self>>;
export function Named(value: unknown, place: Place, descriptor?: unknown): Misuse<'write it with a name: @Named("name")'>;
export function Named(...args: unknown[]): unknown {
  return decorate(args);
}

const decorator = "Named";

const decorate = defineDecorator<[string]>({
  name: decorator,
  placeholders: ["known with an instance alone"],
  example: '@Named("name")',
  parse: ([name]) => ({ name: parseName(name) }),
  onClass: { isInherited: false, parse: ([name]) => ({ name: parseName(name) }) },
});

/** Whether a name is among the decorators of a class or method. */
export function hasName(records: readonly DecoratorRecord[]): boolean {
  return records.some((record) => record.decorator === decorator && record.error === undefined);
}

/** Whether the name is a function of the instance, and unknown without one. */
export function isNamedByInstance(records: readonly DecoratorRecord[]): boolean {
  return records.some((record) => record.decorator === decorator && typeof record.args[0] === "function");
}
