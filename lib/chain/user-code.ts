import { types } from "node:util";
import { readProperty } from "../errors/read-value.js";

/**
 * What is wrong with a generator function as a worker or a job, as the rest of a sentence; undefined for anything else. To call
 * one only makes an iterator. It may be asynchronous, bound or behind a proxy; one that was compiled for an engine without
 * generators cannot be recognised, and fails when it returns the iterator.
 */
export function generatorProblem(code: unknown): string | undefined {
  return isGeneratorFunction(code)
    ? "is a generator function, of which nothing would run: use an async function; to go through a generator, iterate over it in the job"
    : undefined;
}

function isGeneratorFunction(code: unknown): boolean {
  if (typeof code !== "function") return false;
  if (types.isGeneratorFunction(code)) return true;
  // A bound function has the tag of the function behind it.
  const tag = readProperty(code, Symbol.toStringTag);
  return tag === "GeneratorFunction" || tag === "AsyncGeneratorFunction";
}
