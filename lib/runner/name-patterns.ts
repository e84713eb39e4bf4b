import { inspect } from "node:util";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";

/** One or more names of workers, in which `*` stands for anything: `"github/*"`. */
export type NamePatterns = string | readonly string[];

/**
 * The workers that `only` names, without those that `except` names.
 * @throws InvalidArgumentError if a pattern is not a string, or one of `only` names no worker: it would be a typing error
 */
export function selectByName(
  workers: readonly DeclarativeWorker[],
  only: NamePatterns | undefined,
  except: NamePatterns | undefined,
): readonly DeclarativeWorker[] {
  const wanted = compile("only", only ?? "*");
  const unwanted = compile("except", except ?? []);
  for (const [pattern, matches] of only === undefined ? [] : wanted) {
    if (workers.some(({ name = "" }) => matches.test(name))) continue;
    throw new InvalidArgumentError(`"${pattern}" names no worker; there are ${workers.map(({ name }) => name).join(", ")}`);
  }
  return workers.filter(
    ({ name = "" }) => wanted.some(([, matches]) => matches.test(name)) && !unwanted.some(([, matches]) => matches.test(name)),
  );
}

function compile(option: string, patterns: NamePatterns): [string, RegExp][] {
  return (typeof patterns === "string" ? [patterns] : Array.from(patterns)).map((pattern: unknown) => {
    if (typeof pattern !== "string")
      throw new InvalidArgumentError(`${inspect(pattern)} in ${option} is not a name pattern: give a string`);
    return [pattern, new RegExp(`^${pattern.split("*").map(escapePattern).join(".*")}$`, "s")];
  });
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
