import { parseLimit } from "../chain/timeout.js";
import type { Duration } from "../timers/duration.js";
import { defineDecorator } from "./decorator.js";
import type { ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";

/**
 * Limits how long one run of a job may take, its retries included, as {@link timeout} does. Refines a `@Repeat`.
 * @param limit above 0, or a function of the instance that returns it
 */
export function Timeout<Self extends object = object>(limit: ValueOrOf<Self, Duration>): WorkerMethodDecorator<NoInfer<Self>> {
  return (...target: unknown[]) => record([limit], target);
}

const record = defineDecorator<[Duration]>({
  name: "Timeout",
  isForJobsOnly: true,
  placeholders: [1],
  parse: ([limit]) => ({ timeout: parseLimit(limit) }),
});
