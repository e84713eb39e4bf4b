import { cutText } from "./foreign-value.js";

/** Names in a message: the first twenty, long ones cut, and how many more there are. */
export function listNames(names: readonly string[]): string {
  const shown = names
    .slice(0, 20)
    .map((name) => cutText(name, 100))
    .join(", ");
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown;
}
