import type { WorkerFunc } from "../chain/worker.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { describeKind } from "../errors/show-value.js";
import { defineDecorator } from "./decorator.js";
import type { InstanceMethodContext, PrototypeOnly, WorkerMethodDecorator } from "./method-decorator.js";
import type { MemberHint, Misuse } from "./misuse.js";

/**
 * Runs the worker on one replica of the service at a time, as {@link distributed} does. Refines a `@Worker` or a `@Repeat`;
 * `@Distributed` and `@Distributed()` are the same. The engine is an option of `bootstrap`, so the class does not depend on it.
 */
export function Distributed(): WorkerMethodDecorator;
export function Distributed<This extends object, Method extends WorkerFunc>(
  method: Method,
  context: InstanceMethodContext<This, Method>,
): void;
export function Distributed<Prototype extends object, Method extends WorkerFunc>(
  prototype: PrototypeOnly<Prototype>,
  member: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
): void;
export function Distributed<Value, Member, Detail = undefined>(
  value: Value,
  member: Member,
  detail?: Detail,
): Misuse<MemberHint<Value, Member, Detail>>;
export function Distributed(...args: unknown[]): unknown {
  return decorate(args);
}

const decorate = defineDecorator<[undefined?]>({
  name: "Distributed",
  // One argument, so that a value passed by mistake is reported as such.
  placeholders: [undefined],
  parse([options]) {
    if (options === undefined) return { distributed: true };
    throw new InvalidArgumentError(`@Distributed takes no options, but got ${describeKind(options)}`);
  },
});
