import { classEntries } from "../metadata/record.js";
import { asName } from "../workers/named.js";
import type { NamedType } from "./found-worker.js";
import { ofInstance } from "./of-instance.js";
import type { Problems } from "./problems.js";

/** The class's part of its workers' names: what `@Named` says, or else its own name. */
export function classPart(type: NamedType, instance: object, problems: Problems): string {
  const owner = type.name || "a class without a name";
  const names = classEntries(type).filter(({ decorator, misuse }) => {
    if (misuse !== undefined) problems.add(`@${decorator} cannot be on ${owner}: ${misuse}`);
    else if (decorator !== "Named") problems.add(`@${decorator} is on the class ${owner}: put it on a method`);
    return misuse === undefined && decorator === "Named";
  });
  const [name, second] = names;
  if (second !== undefined) problems.add(`@Named is on ${owner} more than once: keep one`);
  if (name !== undefined) return problems.attempt(owner, () => asName(ofInstance(name.args[0], instance))) ?? type.name;
  if (type.name === "") problems.add("A class without a name has workers: give it one with @Named");
  return type.name;
}
