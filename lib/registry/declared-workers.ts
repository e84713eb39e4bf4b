import { inspect } from "node:util";
import { DeclarativeWorker, type WorkerGroup } from "../declarative-worker.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { type Entry, memberEntries } from "../metadata/record.js";
import { asName } from "../workers/named.js";
import { repetition } from "../workers/repetition.js";
import { retryJobPolicy } from "../workers/retry-job.js";
import { checkRetry } from "../workers/retry-policy.js";
import { isSchedule } from "../workers/schedule.js";
import { parseLimit } from "../workers/timeout.js";
import type { FoundWorker, NamedType } from "./found-worker.js";
import { ofInstance } from "./of-instance.js";
import type { Problems } from "./problems.js";

/**
 * Turns what decorators recorded of a class into the workers of one instance of it.
 * @param group that they are
 */
export function declaredWorkers(type: NamedType, instance: object, group: WorkerGroup, problems: Problems): FoundWorker[] {
  return [...memberEntries(type)].flatMap(([member, entries]) => {
    const origin = `${type.name}.${String(member)}`;
    const worker = problems.attempt(origin, () => declaredWorker(origin, member, entries, instance, group, problems));
    return worker === undefined ? [] : [{ worker, origin }];
  });
}

function declaredWorker(
  origin: string,
  member: string | symbol,
  entries: readonly Entry[],
  instance: object,
  group: WorkerGroup,
  problems: Problems,
): DeclarativeWorker | undefined {
  const complaints = complaintsAbout(origin, entries);
  if (complaints.length === 0) complaints.push(...complaintsAboutMethod(origin, Reflect.get(instance, member)));
  problems.add(...complaints);
  if (complaints.length > 0) return undefined;

  // Looked up anew for every run, so that an override and a stub count.
  const code = (context: unknown): unknown => Reflect.apply(Reflect.get(instance, member), instance, [context]);
  const fields = entries.map(({ decorator, args }) =>
    problems.attempt(origin, () => fieldsOf(decorator, code, ...args.map((arg) => ofInstance(arg, instance)))),
  );
  if (fields.includes(undefined)) return undefined;
  const { name = asName(typeof member === "symbol" ? member.description : member), ...rest } = Object.assign({}, ...fields);
  return new DeclarativeWorker({ ...rest, name: `${group.name}/${name}`, group });
}

/** What is wrong with the decorators that stand together on one member. */
function complaintsAbout(origin: string, entries: readonly Entry[]): string[] {
  const misuses = entries.flatMap(({ decorator, misuse }) =>
    misuse === undefined ? [] : [`@${decorator} cannot be on ${origin}: ${misuse}`],
  );
  if (misuses.length > 0) return misuses;

  const complaints: string[] = [];
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
  return method.length > 1
    ? [`${origin} takes ${method.length} parameters: a worker is given one, its context; give the others a default`]
    : [];
}

/**
 * The fields of a `DeclarativeWorker` that a decorator stands for.
 * @throws InvalidArgumentError if its arguments make no sense
 */
function fieldsOf(decorator: string, code: (context: unknown) => unknown, first?: unknown, second?: unknown): object {
  switch (decorator) {
    case "Worker":
      return { ...optionsOf(decorator, first), worker: code };
    case "Repeat": {
      const { shutdownTimeout, ...options }: { readonly shutdownTimeout?: unknown } = optionsOf(decorator, second);
      repetition(first, options);
      return {
        job: code,
        repeat: { ...options, ...(isSchedule(first) ? { schedule: first } : { interval: first }) },
        shutdownTimeout,
      };
    }
    case "Retry":
      return { retry: checkRetry(first) };
    case "Timeout":
      return { timeout: parseLimit(first) };
    case "RetryJob":
      retryJobPolicy(first);
      return { retryJob: first };
    case "Distributed":
      if (first !== undefined) throw new InvalidArgumentError(`@Distributed takes no options, and was given ${inspect(first)}`);
      return { distributed: true };
    case "Named":
      return { name: asName(first) };
    default:
      return {};
  }
}

function optionsOf(decorator: string, options: unknown = {}): object {
  if (typeof options === "object" && options !== null) return options;
  throw new InvalidArgumentError(`The options of @${decorator} are ${inspect(options)}: give an object`);
}
