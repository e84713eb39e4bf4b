import type { JobFunc } from "../chain/job.js";
import type { DeclaredFields, WorkerGroup } from "../declarative-worker.js";
import { recordDecorator } from "./decorator-record.js";
import { isCalledByCompiler } from "./decorator-target.js";

/**
 * A decorator: where it may be used, and how it changes what is declared. Every decorator defines itself, next to the function
 * that users call, with {@link defineDecorator}. The registry applies it
 * without a case for each; only its hints for misuse name some of them.
 * @typeParam Args the types of its arguments. Their values come from a record, and only {@link parse} checks them.
 */
export interface Decorator<Args extends readonly unknown[] = readonly unknown[]> {
  /** Without the @. */
  readonly name: string;
  /** What the method becomes. Each method needs one decorator that has this; the others refine what that makes. */
  readonly makes?: "worker" | "job";
  /** Whether it refines the runs of a repeated job, and cannot be on a worker. */
  readonly isForJobsOnly?: true;
  /**
   * A valid value for each argument. It stands in for a function of the instance when there is no instance, so that the other
   * arguments can be checked.
   */
  readonly placeholders: Args;
  /**
   * Checks the arguments, and returns the fields of the worker that the decorator sets.
   * @param method calls the decorated method
   * @throws InvalidArgumentError if an argument is malformed
   */
  parse(args: Args, method: JobFunc): DeclaredFields;
  /** How it is written with arguments, for the message if it has none. Undefined if it can be written without parentheses. */
  readonly example?: string;
  /** How it is used on a class. Without this, it is for methods only. */
  readonly onClass?: ClassDecorator<Args>;
}

/** A decorator on a class. */
interface ClassDecorator<Args extends readonly unknown[]> {
  /** Whether a subclass that does not have the decorator uses the one of the nearest of its bases that does. */
  readonly isInherited: boolean;
  /**
   * Checks the arguments, and returns the fields of the group that the decorator sets.
   * @throws InvalidArgumentError if an argument is malformed
   */
  parse(args: Args): Partial<WorkerGroup>;
}

const decorators = new Map<string, Decorator>();

/**
 * Makes a decorator known to {@link findDecorator}.
 * @returns what a call of the decorator returns: a function that records the use when the compiler applies it; undefined if the
 * decorator is written without parentheses, which is recorded at once
 */
export function defineDecorator<Args extends readonly unknown[]>(
  decorator: Decorator<Args>,
): (args: readonly unknown[]) => unknown {
  const { name, example } = decorator;
  decorators.set(name, decorator);
  return (args) => {
    if (!isCalledByCompiler(args)) return (...target: unknown[]) => recordDecorator(name, args, target);
    recordDecorator(name, [], args, example === undefined ? undefined : `it has no arguments: write it as ${example}`);
    // Not a function: that would replace the method.
    return undefined;
  };
}

/** The decorator of a record; undefined if only another version of this library has it. */
export function findDecorator(name: string): Decorator | undefined {
  return decorators.get(name);
}

/** The decorators that may be used on a class. */
export function classDecorators(): (Decorator & Required<Pick<Decorator, "onClass">>)[] {
  return [...decorators.values()].flatMap((decorator) => {
    const { onClass } = decorator;
    return onClass === undefined ? [] : [{ ...decorator, onClass }];
  });
}
