import { cutText } from "./show-value.js";

/** Lists names for a message: the first twenty, with long ones cut, and the number of the others. */
export function listNames(names: readonly string[]): string {
  const shown = names
    .slice(0, 20)
    .map((name) => cutText(name, 100))
    .join(", ");
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown;
}
