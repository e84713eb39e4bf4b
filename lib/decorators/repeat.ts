import { type RepeatOptions, repeatOptions, repetition } from "../chain/repetition.js";
import type { Schedule } from "../chain/schedule.js";
import { checkOptions } from "../errors/check-options.js";
import { type Duration, parseOption } from "../timers/duration.js";
import { defineDecorator } from "./decorator.js";
import type { ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";

/** The options of a repeated method. */
export interface RepeatWorkerOptions extends RepeatOptions {
  /** How long the worker may take to stop before it is reported as hung. The runner's by default. */
  readonly shutdownTimeout?: Duration | undefined;
}

/**
 * Makes a method a job that is run again and again, as {@link repeat} does.
 * @param when the interval between the starts of two runs, or a schedule, or a function of the instance that returns one
 */
export function Repeat<Self extends object = object>(
  when: ValueOrOf<Self, Duration | Schedule>,
  options?: ValueOrOf<Self, RepeatWorkerOptions>,
): WorkerMethodDecorator<NoInfer<Self>> {
  return (...target: unknown[]) => record([when, options], target);
}

const record = defineDecorator<[Duration | Schedule, RepeatWorkerOptions?]>({
  name: "Repeat",
  makes: "job",
  // An interval so long that no option contradicts it.
  placeholders: [Number.MAX_SAFE_INTEGER, {}],
  parse([when, options = {}], method) {
    const { shutdownTimeout, ...others } = checkOptions("@Repeat", options, [...repeatOptions, "shutdownTimeout"]);
    return {
      job: method,
      repeat: repetition(when, others),
      shutdownTimeout: shutdownTimeout === undefined ? undefined : parseOption("shutdownTimeout", shutdownTimeout),
    };
  },
});
