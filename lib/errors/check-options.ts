import { describeKind } from "./foreign-value.js";
import { InvalidArgumentError } from "./invalid-argument-error.js";
import { nearestNames } from "./nearest-names.js";

/**
 * The options object itself, once it is known to be one and to have no option that does not exist.
 * @param subject for the message, such as `"@Repeat"`
 * @param known every option that there is
 * @throws InvalidArgumentError if it is not an object, or has an option that is not known, with the nearest that is
 */
export function checkOptions(subject: string, options: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isRecord(options))
    throw new InvalidArgumentError(`The options of ${subject} are ${describeKind(options)}: pass an object`);
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown === undefined) return options;
  throw new InvalidArgumentError(`${subject} has no option "${unknown}": ${nearestNames(unknown, known)}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
