import type { RepeatOptions } from "../chain/repetition.js";
import type { Schedule } from "../chain/schedule.js";
import { record } from "../metadata/record.js";
import type { Duration } from "../timers/duration.js";
import type { ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";

/** What is known of a repeated method beyond its times. */
export interface RepeatWorkerOptions extends RepeatOptions {
  /** How long it may take to stop before it is given up on and named. The runner's by default. */
  readonly shutdownTimeout?: Duration | undefined;
}

/**
 * Makes a method a job that is run again and again, as {@link repeat} does.
 * @param when the interval between the starts of two runs, or a schedule, or a function of the instance that gives one
 */
export function Repeat<Self extends object = object>(
  when: ValueOrOf<Self, Duration | Schedule>,
  options?: ValueOrOf<Self, RepeatWorkerOptions>,
): WorkerMethodDecorator<NoInfer<Self>> {
  return (...site: unknown[]) => record("Repeat", [when, options], site);
}
