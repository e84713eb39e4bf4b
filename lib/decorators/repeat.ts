import { type RepeatOptions, repeatOptions, repetition } from "../chain/repetition.js";
import type { Schedule } from "../chain/schedule.js";
import { checkOptions } from "../errors/check-options.js";
import { type Duration, parseOption } from "../timers/duration.js";
import { defineDecorator } from "./decorator.js";
import type { UntypedSelf, ValueOrOf, WorkerMethodDecorator } from "./method-decorator.js";
import type { Misuse, Place } from "./misuse.js";

/** The options of a repeated method. */
export interface RepeatWorkerOptions extends RepeatOptions {
  /** How long the worker may take to stop before it is reported as hung. The runner's by default. */
  readonly shutdownTimeout?: Duration | undefined;
}

/**
 * Makes a method a job that is run again and again, as {@link repeat} does.
 * @param when the interval between the starts of two runs, or a schedule, or a function of the instance that returns one
 */
export function Repeat<Self extends object = UntypedSelf>(
  when: ValueOrOf<Self, Duration | Schedule>,
  options?: ValueOrOf<Self, RepeatWorkerOptions>,
): WorkerMethodDecorator<NoInfer<Self>>;
export function Repeat(
  value: unknown,
  place: Place,
  descriptor?: unknown,
): Misuse<'write it with an interval or a schedule: @Repeat("5s")'>;
export function Repeat<Text extends string>(
  text: Text extends Duration ? never : Text,
  options?: unknown,
): Misuse<TextHint<Text>>;
// As the first: the compiler reports why the last does not fit, and goes on with what the first returns.
export function Repeat<Self extends object = UntypedSelf>(
  when: ValueOrOf<Self, Duration | Schedule>,
  options?: ValueOrOf<Self, RepeatWorkerOptions>,
): WorkerMethodDecorator<NoInfer<Self>>;
export function Repeat(...args: unknown[]): unknown {
  return decorate(args);
}

/** For a string that is not a duration. */
type TextHint<Text extends string> = string extends Text
  ? "give the string the type Duration, or pass a number of ms"
  : Text extends CronPattern
    ? 'write cron("…") for a pattern, import { cron } from "watchbill/cron"'
    : 'write a number and a unit without a blank, such as "5s" or "1.5h"';

type CronPattern = `@${string}` | `${string} ${string} ${string} ${string} ${string}`;

const decorate = defineDecorator<[Duration | Schedule, RepeatWorkerOptions?]>({
  name: "Repeat",
  makes: "job",
  // An interval so long that no option contradicts it.
  placeholders: [Number.MAX_SAFE_INTEGER, {}],
  example: '@Repeat("5s")',
  parse([when, options = {}], method) {
    const { shutdownTimeout, ...others } = checkOptions("@Repeat", options, [...repeatOptions, "shutdownTimeout"]);
    return {
      job: method,
      repeat: repetition(when, others),
      shutdownTimeout: shutdownTimeout === undefined ? undefined : parseOption("shutdownTimeout", shutdownTimeout),
    };
  },
});
