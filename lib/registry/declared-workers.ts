import { DeclarativeWorker } from "../declarative-worker.js";
import { classEntries, type Entry, memberEntries } from "../metadata/record.js";
import { asName } from "../workers/named.js";
import type { FoundWorker, NamedType } from "./found-worker.js";
import type { Problems } from "./problems.js";

/**
 * Turns what decorators recorded of a class into the workers of one instance of it.
 * @param owner the class's part of the names
 */
export function declaredWorkers(type: NamedType, instance: object, owner: string, problems: Problems): FoundWorker[] {
  return [...memberEntries(type)].flatMap(([member, entries]) => {
    const origin = `${type.name}.${String(member)}`;
    const complaints = complaintsAbout(origin, member, entries, instance);
    problems.add(...complaints);
    if (complaints.length > 0) return [];
    const worker = problems.attempt(origin, () => build(member, entries, instance, owner));
    return worker === undefined ? [] : [{ worker, origin }];
  });
}

/** The class's part of its workers' names: what `@Named` says, or else its own name. */
export function classPart(type: NamedType, instance: object, problems: Problems): string {
  const entries = classEntries(type);
  for (const { decorator } of entries) {
    if (decorator !== "Named") problems.add(`@${decorator} is on the class ${type.name}: put it on a method`);
  }
  const [name, second] = entries.filter(({ decorator }) => decorator === "Named");
  if (second !== undefined) problems.add(`@Named is on ${type.name} twice: keep one`);
  if (name !== undefined) return problems.attempt(type.name, () => asName(ofInstance(name.args[0], instance))) ?? type.name;
  if (type.name === "") problems.add("A class without a name has workers: give it one with @Named");
  return type.name;
}

function complaintsAbout(origin: string, member: string | symbol, entries: readonly Entry[], instance: object): string[] {
  const misuses = entries.flatMap(({ decorator, misuse }) =>
    misuse === undefined ? [] : [`@${decorator} cannot be on ${origin}: ${misuse}`],
  );
  if (misuses.length > 0) return misuses;

  const complaints: string[] = [];
  const decorators = entries.map(({ decorator }) => decorator);
  const unique = new Set(decorators);
  for (const decorator of unique) {
    if (decorators.filter((other) => other === decorator).length > 1)
      complaints.push(`@${decorator} is on ${origin} more than once: keep one`);
  }
  if (unique.has("Worker") && unique.has("Repeat")) {
    complaints.push(
      `${origin} is both @Worker and @Repeat: keep @Worker if it runs until it is stopped, @Repeat if it is run again and again`,
    );
  } else if (unique.has("Worker") && unique.has("RetryJob")) {
    complaints.push(`@RetryJob is on ${origin}, which is a @Worker and has no runs to retry: use @Retry`);
  } else if (!unique.has("Worker") && !unique.has("Repeat")) {
    const refiners = [...unique].map((decorator) => `@${decorator}`).join(" and ");
    complaints.push(
      `${origin} has ${refiners} but is no worker: add @Worker if it runs until it is stopped, or @Repeat("…") if it is run again and again`,
    );
  }

  const method: unknown = Reflect.get(instance, member);
  if (typeof method !== "function") complaints.push(`${origin} is decorated as a worker, but is not a method of the instance`);
  else if (method.length > 1) complaints.push(`${origin} takes ${method.length} parameters: a worker is given one, its context`);
  return complaints;
}

function build(member: string | symbol, entries: readonly Entry[], instance: object, owner: string): DeclarativeWorker {
  // Looked up anew for every run, so that an override and a stub count.
  const code = (context: unknown): unknown => Reflect.apply(Reflect.get(instance, member), instance, [context]);
  const fields = entries.map(({ decorator, args }) =>
    fieldsOf(
      decorator,
      args.map((arg) => ofInstance(arg, instance)),
      code,
    ),
  );
  const { name = String(typeof member === "symbol" ? member.description : member), ...rest } = Object.assign({}, ...fields);
  return new DeclarativeWorker({ ...rest, name: `${owner}/${name}` });
}

/** The fields that a decorator stands for. Whether their values make sense, `DeclarativeWorker` judges. */
function fieldsOf(decorator: string, [first, second]: readonly unknown[], code: (context: unknown) => unknown): object {
  switch (decorator) {
    case "Worker":
      return { worker: code };
    case "Repeat":
      return { job: code, repeat: { interval: first, ...Object(second) } };
    case "Retry":
      return { retry: first };
    case "RetryJob":
      return { retryJob: first };
    case "Named":
      return { name: asName(first) };
    default:
      return {};
  }
}

function ofInstance(value: unknown, instance: object): unknown {
  return typeof value === "function" ? value(instance) : value;
}
