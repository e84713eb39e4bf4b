import { parseName } from "../chain/named.js";
import { checkRetry } from "../chain/retry-policy.js";
import type { WorkerGroup } from "../declarative-worker.js";
import { allClassEntries, classEntries, type Entry, nearestClassEntries } from "../metadata/record.js";
import { argumentsOf } from "./arguments-of.js";
import type { NamedType } from "./found-worker.js";
import type { Problems } from "./problems.js";
import { unknownDecorators } from "./unknown-decorators.js";

/** What can stand on a class; it makes no worker. */
export const classDecorators: ReadonlySet<string> = new Set(["Named", "Retry"]);

/**
 * The group that the workers of an instance are, as the decorators of its class say. Its name is the first part of theirs.
 * @param instance undefined if there is none, so that only what needs none is checked
 */
export function groupOf(type: NamedType, instance: object | undefined, problems: Problems): WorkerGroup {
  const owner = type.name || "a class without a name";
  problems.add(...unknownDecorators(owner, allClassEntries(type)));
  for (const entry of classEntries(type)) {
    const { decorator, misuse } = entry;
    if (misuse !== undefined) problems.add(`@${decorator} cannot be on ${owner}: ${misuse}`);
    else if (unknownDecorators(owner, [entry]).length === 0 && !classDecorators.has(decorator))
      problems.add(`@${decorator} is on the class ${owner}: put it on a method`);
  }
  const named = only(classEntries(type), "Named", owner, problems);
  const retried = only(nearestClassEntries(type, "Retry"), "Retry", owner, problems);
  if (named === undefined && type.name === "") problems.add("A class without a name has workers: give it one with @Named");
  const name = named && problems.attempt(owner, () => parseName(argumentsOf(named, instance)[0]));
  const retry = retried && problems.attempt(owner, () => checkRetry(argumentsOf(retried, instance)[0], "@Retry"));
  return { name: name ?? type.name, retry };
}

/** The one entry of a decorator; those that cannot stand where they do are left out. */
function only(entries: readonly Entry[], decorator: string, owner: string, problems: Problems): Entry | undefined {
  const [first, second] = entries.filter((entry) => entry.decorator === decorator && entry.misuse === undefined);
  if (second !== undefined) problems.add(`@${decorator} is on ${owner} more than once: keep one`);
  return first;
}
