import { record } from "../metadata/record.js";
import type { WorkerFunc, Worker as WorkerInterface } from "../workers/worker.js";
import type { InstanceMethodContext, NoClass, WorkerMethodDecorator } from "./method-decorator.js";

// The interface and the decorator share a name, so they must come from one module.
export type Worker = WorkerInterface;

/**
 * Makes a method a worker that runs until its context is aborted. `@Worker` and `@Worker()` are the same.
 *
 * A method that returns or fails before that ends the roster, unless it has `@Retry`. For a job that is run again and again,
 * see {@link Repeat}.
 */
export function Worker(): WorkerMethodDecorator;
export function Worker<This extends object, Method extends WorkerFunc>(
  method: Method,
  context: InstanceMethodContext<This, Method>,
): void;
export function Worker<Method extends WorkerFunc>(
  prototype: NoClass,
  member: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
): void;
export function Worker(...site: unknown[]): WorkerMethodDecorator | undefined {
  if (site.length === 0) return (...later: unknown[]) => record("Worker", [], later);
  record("Worker", [], site);
  return undefined;
}
