import { parseArgs } from "node:util";
import { milliseconds } from "watchbill";

/** What a soak is asked to be. */
export interface Settings {
  /** In ms. */
  readonly duration: number;
  readonly seed: number;
  readonly workers: number;
}

/**
 * Reads the arguments of the command line.
 * @param otherwise the seed, if none is given
 * @throws Error that says what is wrong with them
 */
export function settingsFrom(args: readonly string[], otherwise: number): Settings {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { seed: { type: "string" }, workers: { type: "string", default: "3000" } },
  });
  const [duration = "60s", ...others] = positionals;
  if (others.length > 0) throw new Error(`There is one duration to give, and not also ${others.join(", ")}`);
  // Whatever the text is, it is for `milliseconds` to read it or to refuse it.
  const ms: number = Reflect.apply(milliseconds, undefined, [duration]);
  if (ms < 1_000) throw new Error(`${duration} is too short to tell anything: give 1s or more`);
  return {
    duration: ms,
    seed: values.seed === undefined ? otherwise : wholeNumber("seed", values.seed, 0, 2 ** 31 - 1),
    workers: wholeNumber("workers", values.workers, 100, 100_000),
  };
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Error(`--${option} is ${text}: give a whole number from ${min} to ${max}`);
}
