import { record } from "../metadata/record.js";
import type { Duration } from "../time/duration.js";
import type { RepeatOptions } from "../workers/repeat.js";
import type { ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";

/**
 * Makes a method a job that is run on a fixed grid, as {@link repeat} does.
 * @param interval between the starts of two runs, or a function of the instance that gives it
 */
export function Repeat<Self extends object = object>(
  interval: ValueOrOf<Self, Duration>,
  options?: ValueOrOf<Self, RepeatOptions>,
): WorkerMethodDecorator<NoInfer<Self>> {
  return (...site: unknown[]) => record("Repeat", [interval, options], site);
}
