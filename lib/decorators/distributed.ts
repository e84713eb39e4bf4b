import type { WorkerFunc } from "../chain/worker.js";
import { record } from "../metadata/record.js";
import { isSite } from "./is-site.js";
import type { InstanceMethodContext, NoClass, WorkerMethodDecorator } from "./method-decorator.js";

/**
 * Has one process of a fleet run the worker at a time, as {@link distributed} does. Refines a `@Worker` or a `@Repeat`; `@Distributed`
 * and `@Distributed()` are the same. The class stays as it is, and `bootstrap` is told the engine.
 */
export function Distributed(): WorkerMethodDecorator;
export function Distributed<This extends object, Method extends WorkerFunc>(
  method: Method,
  context: InstanceMethodContext<This, Method>,
): void;
export function Distributed<Method extends WorkerFunc>(
  prototype: NoClass,
  member: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
): void;
export function Distributed(...args: unknown[]): WorkerMethodDecorator | undefined {
  if (!isSite(args)) return (...site: unknown[]) => record("Distributed", args, site);
  record("Distributed", [], args);
  return undefined;
}
