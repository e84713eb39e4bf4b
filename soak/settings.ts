import { parseArgs } from "node:util";
import { milliseconds } from "watchbill";

export interface Settings {
  /** In ms. */
  readonly duration: number;
  readonly seed: number;
  readonly workers: number;
}

/**
 * Reads the command line: `[duration] [--seed N] [--workers N]`.
 * @throws Error that names the invalid argument
 */
export function settingsFrom(args: readonly string[], defaultSeed: number): Settings {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seed: { type: "string", default: String(defaultSeed) },
      workers: { type: "string", default: "3000" },
    },
  });
  const [duration = "60s"] = positionals;
  if (positionals.length > 1) throw new Error(`duration is ${positionals.join(", ")}: pass only one`);
  // `milliseconds` is typed for literals; it validates any text.
  const ms: number = Reflect.apply(milliseconds, undefined, [duration]);
  if (ms < 1_000) throw new Error(`duration is ${duration}, too short for a result: use 1s or more`);
  const { seed, workers } = values;
  return {
    duration: ms,
    seed: wholeNumber("seed", seed, 0, 2 ** 31 - 1),
    workers: wholeNumber("workers", workers, 100, 100_000),
  };
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Error(`--${option} is ${text}: use a whole number from ${min} to ${max}`);
}
