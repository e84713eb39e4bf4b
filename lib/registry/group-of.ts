import type { WorkerGroup } from "../declarative-worker.js";
import { classEntries, type Entry, nearestClassEntries } from "../metadata/record.js";
import { asName } from "../workers/named.js";
import { checkRetry } from "../workers/retry-policy.js";
import type { NamedType } from "./found-worker.js";
import { ofInstance } from "./of-instance.js";
import type { Problems } from "./problems.js";

/** What can stand on a class; it makes no worker. */
export const classDecorators: ReadonlySet<string> = new Set(["Named", "Retry"]);

/** The group that the workers of an instance are, as the decorators of its class say. Its name is the first part of theirs. */
export function groupOf(type: NamedType, instance: object, problems: Problems): WorkerGroup {
  const owner = type.name || "a class without a name";
  for (const { decorator, misuse } of classEntries(type)) {
    if (misuse !== undefined) problems.add(`@${decorator} cannot be on ${owner}: ${misuse}`);
    else if (!classDecorators.has(decorator)) problems.add(`@${decorator} is on the class ${owner}: put it on a method`);
  }
  const named = only(classEntries(type), "Named", owner, problems);
  const retried = only(nearestClassEntries(type, "Retry"), "Retry", owner, problems);
  if (named === undefined && type.name === "") problems.add("A class without a name has workers: give it one with @Named");
  const name = named && problems.attempt(owner, () => asName(ofInstance(named.args[0], instance)));
  const retry = retried && problems.attempt(owner, () => checkRetry(ofInstance(retried.args[0], instance)));
  return { name: name ?? type.name, retry };
}

/** The one entry of a decorator; those that cannot stand where they do are left out. */
function only(entries: readonly Entry[], decorator: string, owner: string, problems: Problems): Entry | undefined {
  const [first, second] = entries.filter((entry) => entry.decorator === decorator && entry.misuse === undefined);
  if (second !== undefined) problems.add(`@${decorator} is on ${owner} more than once: keep one`);
  return first;
}
