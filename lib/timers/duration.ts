import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { showValue } from "../errors/show-value.js";

const unitInMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Unit = keyof typeof unitInMs;

type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";

/** The leading zeros of a fraction: TypeScript does not accept `05` as a bigint. */
type Zeros = "" | "0" | "00" | "000";

/**
 * A length of time: a number of ms, or a plain decimal number and a unit, such as `"250ms"`, `"1.5s"`, `"5m"`, `"2h"`, `"30d"`. A
 * string that {@link milliseconds} rejects does not compile: one with a sign, a blank, an exponent or another unit.
 *
 * A template string with a variable number does not compile either, because its type does not say how the number is written: use
 * a number of ms, `n * 1_000` for `` `${n}s` ``.
 */
// `bigint`, because TypeScript also accepts " 5", "5 " and "1e5" as a `number`; a first `Digit`, because it accepts "-5" as a
// `bigint`.
export type Duration = number | (`${Digit}${string}` & (`${bigint}${Unit}` | `${bigint}.${Zeros}${bigint}${Unit}`));

/**
 * Parses a duration into ms. Strict: rejects a sign, a blank, an exponent, and a number that is not finite.
 * @throws InvalidArgumentError if it is not a duration
 */
export function milliseconds(duration: Duration): number {
  return parseDuration(duration);
}

/**
 * Parses a duration of unknown type into ms, as {@link milliseconds} does.
 * @throws InvalidArgumentError if it is not a duration
 */
export function parseDuration(duration: unknown): number {
  const parsed = typeof duration === "string" ? parse(duration) : duration;
  if (typeof parsed !== "number" || !Number.isFinite(parsed) || parsed < 0) {
    throw new InvalidArgumentError(
      `${showValue(duration)} is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"`,
    );
  }
  return parsed;
}

/**
 * Parses the duration of an option into ms. The error names the option.
 * @throws InvalidArgumentError if it is not a duration
 */
export function parseOption(option: string, duration: unknown): number {
  try {
    return parseDuration(duration);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new InvalidArgumentError(`${option}: ${error.message}`);
    throw error;
  }
}

function parse(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  return isUnit(unit) ? round(Number(digits) * unitInMs[unit]) : Number.NaN;
}

/** Removes the rounding error of the multiplication: 1.005s is 1005 ms, not 1004.9999999999999. */
function round(ms: number): number {
  return Number(ms.toPrecision(15));
}

function isUnit(text: string | undefined): text is Unit {
  return text !== undefined && Object.hasOwn(unitInMs, text);
}
