import { listNames } from "./list-names.js";

/**
 * For a message about a name that does not exist: the ones that were probably meant, or all that there are, if none is near.
 */
export function nearestNames(wanted: string, names: readonly string[]): string {
  if (names.length === 0) return "there are none";
  const near = names
    .map((name) => ({ name, rank: rankOf(wanted, name) }))
    .filter(({ rank }) => rank < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, 3)
    .map(({ name }) => name);
  return near.length > 0 ? `did you mean ${near.join(" or ")}?` : `there are ${listNames(names)}`;
}

/** How far a name, or one of its parts, is from what was wanted; Infinity, if it will not be what was meant. */
function rankOf(wanted: string, name: string): number {
  const mistakes = Math.min(...[name, ...name.split("/")].map((part) => distance(wanted, part)));
  const tolerance = Math.floor(Math.max(Math.min(wanted.length, name.length) / 3, 1));
  return mistakes <= tolerance ? mistakes : Number.POSITIVE_INFINITY;
}

/**
 * How many letters must be changed, put in or left out to make one text of the other.
 * @see {@link https://en.wikipedia.org/wiki/Levenshtein_distance}
 */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of Array.from(from).entries()) {
    const next = [index + 1];
    for (const [column, other] of Array.from(to).entries()) {
      const change = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
