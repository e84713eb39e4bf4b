import { showValue } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";

const unitInMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Unit = keyof typeof unitInMs;

type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";

/** Leading zeros of a fraction: for TypeScript, `05` is not a bigint. */
type Zeros = "" | "0" | "00" | "000";

/**
 * A length of time: a number of ms, or a plain decimal number and a unit, such as `"250ms"`, `"1.5s"`, `"5m"`, `"2h"`, `"30d"`.
 * What {@link milliseconds} refuses does not compile: a sign, a blank, an exponent, another unit.
 *
 * A text that is put together does not compile either, as its type does not say how the number is written: pass a number of ms,
 * `n * 1_000` for `` `${n}s` ``.
 */
// By bigint, since TypeScript also takes " 5", "5 " and "1e5" for a number; by the first digit, since it takes "-5" for a bigint.
export type Duration = number | (`${Digit}${string}` & (`${bigint}${Unit}` | `${bigint}.${Zeros}${bigint}${Unit}`));

/**
 * Parses a duration into ms. Strict: no sign, no blank, no exponent, nothing that is not finite.
 * @throws InvalidArgumentError if it is not a duration
 */
export function milliseconds(duration: Duration): number {
  return parseDuration(duration);
}

/** Parses a value of any type.
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

/** Parses an option, whose name is in the error.
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
  return isUnit(unit) ? exact(Number(digits) * unitInMs[unit]) : Number.NaN;
}

/** Without the error of the multiplication: 1.005s is 1005 ms, not 1004.9999999999999. */
function exact(ms: number): number {
  return Number(ms.toPrecision(15));
}

function isUnit(text: string | undefined): text is Unit {
  return text !== undefined && Object.hasOwn(unitInMs, text);
}
