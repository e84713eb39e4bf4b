import { parseLimit } from "../chain/timeout.js";
import type { Duration } from "../timers/duration.js";
import { defineDecorator } from "./decorator.js";
import type { UntypedSelf, ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";
import type { Misuse, Place } from "./misuse.js";

/**
 * Limits how long one run of a job may take, its retries included, as {@link timeout} does. Refines a `@Repeat`.
 * @param limit above 0, or a function of the instance that returns it
 */
export function Timeout<Self extends object = UntypedSelf>(
  limit: ValueOrOf<Self, Duration>,
): WorkerMethodDecorator<NoInfer<Self>>;
export function Timeout(value: unknown, place: Place, descriptor?: unknown): Misuse<'write it with a limit: @Timeout("30s")'>;
export function Timeout(...args: unknown[]): unknown {
  return decorate(args);
}

const decorate = defineDecorator<[Duration]>({
  name: "Timeout",
  isForJobsOnly: true,
  placeholders: [1],
  example: '@Timeout("30s")',
  parse: ([limit]) => ({ timeout: parseLimit(limit) }),
});
