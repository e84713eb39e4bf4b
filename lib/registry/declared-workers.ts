import { parseName } from "../chain/named.js";
import { repeatOptions, repetition } from "../chain/repetition.js";
import { retryJobPolicy } from "../chain/retry-job.js";
import { checkRetry } from "../chain/retry-policy.js";
import { isSchedule } from "../chain/schedule.js";
import { parseLimit } from "../chain/timeout.js";
import { generatorProblem } from "../chain/user-code.js";
import { DeclarativeWorker, type WorkerGroup } from "../declarative-worker.js";
import type { WorkerOptions } from "../decorators/worker.js";
import { checkOptions } from "../errors/check-options.js";
import { describeKind } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { type Entry, memberEntries } from "../metadata/record.js";
import { argumentsOf, isNamedByInstance } from "./arguments-of.js";
import type { FoundWorker, NamedType } from "./found-worker.js";
import type { Problems } from "./problems.js";
import { unknownDecorators } from "./unknown-decorators.js";

/**
 * Turns what decorators recorded of a class into the workers of one instance of it.
 * @param instance undefined if it could not be made: then all is checked that can be without one, and the workers are good for their
 * names alone
 * @param group that they are
 */
export function declaredWorkers(
  type: NamedType,
  instance: object | undefined,
  group: WorkerGroup,
  problems: Problems,
): FoundWorker[] {
  return [...memberEntries(type)].flatMap(([member, entries]) => {
    const origin = `${type.name}.${String(member)}`;
    const worker = problems.attempt(origin, () => {
      const method = instance === undefined ? methodOf(type, member) : Reflect.get(instance, member);
      const complaints = complaintsAbout(origin, entries);
      if (complaints.length === 0 && (instance !== undefined || method !== undefined))
        complaints.push(...complaintsAboutMethod(origin, method));
      problems.add(...complaints);
      return complaints.length > 0 ? undefined : declaredWorker(origin, member, entries, instance, group, problems);
    });
    if (worker === undefined || (instance === undefined && isNamedByInstance(entries))) return [];
    return [{ worker, origin }];
  });
}

/** The method that instances inherit, and nothing that has to be called to know it. */
function methodOf(type: object, member: string | symbol): unknown {
  for (let home: unknown = Reflect.get(type, "prototype"); typeof home === "object" && home !== null; ) {
    const found = Object.getOwnPropertyDescriptor(home, member);
    if (found !== undefined) return found.value;
    home = Object.getPrototypeOf(home);
  }
  return undefined;
}

function declaredWorker(
  origin: string,
  member: string | symbol,
  entries: readonly Entry[],
  instance: object | undefined,
  group: WorkerGroup,
  problems: Problems,
): DeclarativeWorker | undefined {
  // Looked up anew for every run, so that an override and a stub count.
  const code = (context: unknown): unknown =>
    instance === undefined ? undefined : Reflect.apply(Reflect.get(instance, member), instance, [context]);
  const fields = entries.map((entry) =>
    problems.attempt(origin, () => fieldsOf(entry.decorator, code, argumentsOf(entry, instance))),
  );
  if (fields.includes(undefined)) return undefined;
  const { name = parseName(typeof member === "symbol" ? member.description : member), ...rest } = Object.assign({}, ...fields);
  return new DeclarativeWorker({ ...rest, name: `${group.name}/${name}`, group });
}

/** What is wrong with the decorators that stand together on one member. */
function complaintsAbout(origin: string, entries: readonly Entry[]): string[] {
  const misuses = entries.flatMap(({ decorator, misuse }) =>
    misuse === undefined ? [] : [`@${decorator} cannot be on ${origin}: ${misuse}`],
  );
  if (misuses.length > 0) return misuses;

  const complaints = unknownDecorators(origin, entries);
  if (complaints.length > 0) return complaints;

  const decorators = entries.map(({ decorator }) => decorator);
  const unique = new Set(decorators);
  for (const decorator of unique) {
    if (decorators.filter((other) => other === decorator).length > 1) {
      complaints.push(`@${decorator} is on ${origin} more than once: keep one`);
    }
  }
  if (unique.has("Worker") && unique.has("Repeat")) {
    complaints.push(
      `${origin} is both @Worker and @Repeat: keep @Worker if it runs until it is stopped, @Repeat if it is run again and again`,
    );
  } else if (unique.has("Worker")) {
    for (const decorator of ["RetryJob", "Timeout"].filter((refiner) => unique.has(refiner))) {
      complaints.push(`@${decorator} is on ${origin}, which is a @Worker: it is for the runs of a @Repeat`);
    }
  } else if (!unique.has("Repeat")) {
    const refiners = [...unique].map((decorator) => `@${decorator}`).join(" and ");
    complaints.push(
      `${origin} has ${refiners} but is no worker: add @Worker if it runs until it is stopped, or @Repeat("…") if it is run again and again`,
    );
  }
  return complaints;
}

function complaintsAboutMethod(origin: string, method: unknown): string[] {
  if (typeof method !== "function") return [`${origin} is decorated as a worker, but is not a method of the instance`];
  const problem = generatorProblem(method);
  if (problem !== undefined) return [`${origin} ${problem}`];
  return method.length > 1
    ? [`${origin} takes ${method.length} parameters: a worker is given one, its context; give the others a default`]
    : [];
}

const workerOptions = ["restart", "shutdownTimeout"] satisfies (keyof WorkerOptions)[];

/**
 * The fields of a `DeclarativeWorker` that a decorator stands for.
 * @throws InvalidArgumentError if its arguments make no sense
 */
function fieldsOf(decorator: string, code: (context: unknown) => unknown, [first, second]: readonly unknown[]): object {
  switch (decorator) {
    case "Worker":
      return { ...checkOptions("@Worker", first === undefined ? {} : first, workerOptions), worker: code };
    case "Repeat": {
      const given = checkOptions("@Repeat", second === undefined ? {} : second, [...repeatOptions, "shutdownTimeout"]);
      const { shutdownTimeout, ...options } = given;
      repetition(first, options);
      return {
        job: code,
        repeat: { ...options, ...(isSchedule(first) ? { schedule: first } : { interval: first }) },
        shutdownTimeout,
      };
    }
    case "Retry":
      return { retry: checkRetry(first, "@Retry") };
    case "Timeout":
      return { timeout: parseLimit(first) };
    case "RetryJob":
      retryJobPolicy(first, "@RetryJob");
      return { retryJob: first };
    case "Distributed":
      if (first === undefined) return { distributed: true };
      throw new InvalidArgumentError(`@Distributed takes no options, and was given ${describeKind(first)}`);
    default:
      return { name: parseName(first) };
  }
}
