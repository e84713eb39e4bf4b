import { record } from "../metadata/record.js";
import type { Duration } from "../timers/duration.js";
import type { ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";

/**
 * Limits how long one run of a job may take, its retries included, as {@link timeout} does. Refines a `@Repeat`.
 * @param limit above 0, or a function of the instance that gives it
 */
export function Timeout<Self extends object = object>(limit: ValueOrOf<Self, Duration>): WorkerMethodDecorator<NoInfer<Self>> {
  return (...site: unknown[]) => record("Timeout", [limit], site);
}
