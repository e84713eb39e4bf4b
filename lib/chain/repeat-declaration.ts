import { checkOptions } from "../errors/check-options.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import type { Duration } from "../timers/duration.js";
import { type RepeatOptions, type Repetition, repeatOptions, repetition } from "./repetition.js";
import { isSchedule, type Schedule } from "./schedule.js";

/** An interval or a schedule, and how it is kept to. */
export type RepeatDeclaration =
  | Duration
  | Schedule
  | ({ readonly interval: Duration } & RepeatOptions)
  | ({ readonly schedule: Schedule } & RepeatOptions);

/**
 * The repetition that is declared.
 * @throws InvalidArgumentError if it makes no sense
 */
export function declaredRepetition(declared: RepeatDeclaration): Repetition {
  if (typeof declared !== "object" || declared === null || isSchedule(declared)) return repetition(declared);
  const options: unknown = declared;
  const given = checkOptions("repeat", options, ["interval", "schedule", ...repeatOptions]);
  const { interval, schedule, ...others } = given;
  if (interval !== undefined && schedule !== undefined) {
    throw new InvalidArgumentError("repeat has both an interval and a schedule: give one of them");
  }
  return repetition(schedule ?? interval, others);
}
