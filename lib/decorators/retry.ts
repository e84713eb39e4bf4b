import type { Backoff } from "../backoff/backoff.js";
import { type RetryOptions, retryPolicy } from "../chain/retry-policy.js";
import { defineDecorator } from "./decorator.js";
import type { UntypedSelf, ValueOrOf, WorkerDecorator } from "./method-decorator.js";
import type { Misuse, Place } from "./misuse.js";

/**
 * On a method, restarts the worker whenever it exits, as {@link retry} does. Refines a `@Worker` or a `@Repeat`.
 *
 * On a class, makes its workers a {@link group} that is restarted together whenever one of them fails: at once if it has no retry
 * of its own, otherwise after that has given up. A subclass inherits that, unless it has a `@Retry` of its own.
 * @param policy a backoff, options, or a function of the instance that returns one
 */
export function Retry<Self extends object = UntypedSelf>(
  policy: ValueOrOf<Self, Backoff | RetryOptions>,
): WorkerDecorator<NoInfer<Self>>;
export function Retry(value: unknown, place: Place, descriptor?: unknown): Misuse<"write it with a backoff: @Retry(backoff)">;
export function Retry(...args: unknown[]): unknown {
  return decorate(args);
}

const decorate = defineDecorator<[Backoff | RetryOptions]>({
  name: "Retry",
  placeholders: [{ duration: () => 0 }],
  example: "@Retry(backoff)",
  parse: ([retry]) => ({ retry, retryPolicy: retryPolicy(retry, "@Retry") }),
  onClass: {
    isInherited: true,
    parse([retry]) {
      retryPolicy(retry, "@Retry");
      return { retry };
    },
  },
});
