import { types } from "node:util";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { className, functionName, hasMethod, readProperty } from "../errors/read-value.js";
import { showUnlessText } from "../errors/show-value.js";
import type { WorkerContext } from "../runtime/worker-context.js";

type Func = (context: WorkerContext) => unknown;

/** The code of a worker or a job. */
export interface UserCode {
  readonly call: Func;
  /** The name of the function or of the class, or "". */
  readonly label: string;
}

/**
 * Parses a worker or a job that the user passes: a function, or an object with a method.
 * @throws InvalidArgumentError if it is neither, or is a generator
 */
export function parseCode<Method extends "run" | "runOnce">(
  code: Func | Readonly<Record<Method, Func>>,
  kind: "worker" | "job",
  method: Method,
): UserCode {
  if (typeof code === "function") {
    const label = functionName(code);
    refuseGenerator(code, label || "A function without a name");
    return { call: code, label };
  }
  if (hasMethod(code, method)) {
    const label = className(code);
    refuseGenerator(readProperty(code, method), `${label || `A ${kind}`}.${method}`);
    return { call: (context) => code[method](context), label };
  }
  throw new InvalidArgumentError(
    `${showUnlessText(code)} is not a ${kind}: pass a function, or an object with a method ${method}(context)`,
  );
}

function refuseGenerator(code: unknown, name: string): void {
  const problem = generatorProblem(code);
  if (problem !== undefined) throw new InvalidArgumentError(`${name} ${problem}`);
}

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
