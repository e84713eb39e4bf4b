import { parseRestart, type Restart } from "../chain/restart.js";
import type { WorkerFunc, Worker as WorkerInterface } from "../chain/worker.js";
import { checkOptions } from "../errors/check-options.js";
import { type Duration, parseOption } from "../timers/duration.js";
import { defineDecorator } from "./decorator.js";
import type { InstanceMethodContext, PrototypeOnly, UntypedSelf, ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";
import type { AnyClass, MemberHint, Misuse, NotOnAClass } from "./misuse.js";

// The interface and the decorator share a name, so they must come from one module.
export type Worker = WorkerInterface;

export interface WorkerOptions {
  /** What the worker's normal return means. `"always"` by default. */
  readonly restart?: Restart | undefined;
  /** How long the worker may take to stop before it is reported as hung. The runner's by default. */
  readonly shutdownTimeout?: Duration | undefined;
}

/**
 * Makes a method a worker that runs until its context is aborted. `@Worker` and `@Worker()` are the same.
 *
 * A method that returns or fails before that stops the runner, unless it has `@Retry`, or returns and has `restart` other than
 * `"always"`. For a job that is run again and again, see {@link Repeat}.
 */
export function Worker(): WorkerMethodDecorator;
export function Worker<Self extends object = UntypedSelf>(
  options: ValueOrOf<Self, WorkerOptions>,
): WorkerMethodDecorator<NoInfer<Self>>;
export function Worker(type: AnyClass): Misuse<NotOnAClass>;
export function Worker<This extends object, Method extends WorkerFunc>(
  method: Method,
  context: InstanceMethodContext<This, Method>,
): void;
export function Worker<Prototype extends object, Method extends WorkerFunc>(
  prototype: PrototypeOnly<Prototype>,
  member: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
): void;
export function Worker<Value, Member, Detail = undefined>(
  value: Value,
  member: Member,
  detail?: Detail,
): Misuse<MemberHint<Value, Member, Detail>>;
export function Worker(...args: unknown[]): unknown {
  return decorate(args);
}

const workerOptions = ["restart", "shutdownTimeout"] satisfies (keyof WorkerOptions)[];

const decorate = defineDecorator<[WorkerOptions?]>({
  name: "Worker",
  makes: "worker",
  placeholders: [{}],
  parse([options = {}], method) {
    const { restart, shutdownTimeout } = checkOptions("@Worker", options, workerOptions);
    return {
      worker: method,
      restart: restart === undefined ? undefined : parseRestart(restart),
      shutdownTimeout: shutdownTimeout === undefined ? undefined : parseOption("shutdownTimeout", shutdownTimeout),
    };
  },
});
