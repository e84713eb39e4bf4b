import { listNames } from "./list-names.js";
import { cutText } from "./show-value.js";

/** The longest name that is compared: a longer one is not a typing error. */
const longestName = 200;

/** The most mistakes of one typing error. */
const mostMistakes = 8;

/** How many names are suggested. */
const mostSuggestions = 3;

/**
 * Suggests names for one that does not exist: the nearest names, or all of them if none is near. Takes time in proportion to the
 * number of names.
 */
export function nearestNames(wanted: string, names: readonly string[]): string {
  if (names.length === 0) return "there are none";
  const near = typeof wanted === "string" && wanted.length <= longestName ? findNear(wanted, names) : [];
  return near.length > 0
    ? `did you mean ${near.map((name) => cutText(name, 100)).join(" or ")}?`
    : `there are ${listNames(names)}`;
}

/** The name of which another is probably a misspelling, or the name itself; undefined if none is near. */
export function nearMiss<Name extends string>(wanted: string, names: readonly Name[]): Name | undefined {
  return wanted.length <= longestName ? findNear(wanted, names)[0] : undefined;
}

interface Candidate<Name> {
  readonly name: Name;
  readonly mistakes: number;
}

/** The nearest names, the nearest first, and of those that are equally near the first of the list. */
function findNear<Name extends string>(wanted: string, names: readonly Name[]): Name[] {
  const best: Candidate<Name>[] = [];
  // Only what is nearer than the worst of a full list is of interest, which ends most comparisons early.
  let limit = mostMistakes;
  for (const name of names) {
    const mistakes = mistakesIn(wanted, name, limit);
    if (mistakes > limit) continue;
    const place = best.findIndex((other) => other.mistakes > mistakes);
    best.splice(place < 0 ? best.length : place, 0, { name, mistakes });
    if (best.length > mostSuggestions) best.pop();
    const worst = best.length === mostSuggestions ? best.at(-1) : undefined;
    if (worst !== undefined) limit = worst.mistakes - 1;
    if (limit < 0) break;
  }
  return best.map(({ name }) => name);
}

/** How many mistakes make what was wanted of a name, or of one of its parts; Infinity, if it will not be what was meant. */
function mistakesIn(wanted: string, name: string, limit: number): number {
  if (name.length > longestName) return Number.POSITIVE_INFINITY;
  const tolerance = Math.min(limit, Math.floor(Math.max(Math.min(wanted.length, name.length) / 3, 1)));
  let fewest = distance(wanted, name, tolerance);
  if (!name.includes("/")) return fewest;
  for (const part of name.split("/")) fewest = Math.min(fewest, distance(wanted, part, Math.min(tolerance, fewest - 1)));
  return fewest;
}

/**
 * How many letters must be changed, put in or left out to make one text of the other; Infinity, if it is more than the limit.
 * Takes time in proportion to the length of the texts times the limit.
 * @see {@link https://en.wikipedia.org/wiki/Levenshtein_distance}
 */
function distance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) > limit) return Number.POSITIVE_INFINITY;
  const start = commonStart(from, to);
  const end = commonEnd(from, to, start);
  const height = from.length - start - end;
  const width = to.length - start - end;
  let row = Array.from({ length: width + 1 }, (_, column) => column);
  for (let line = 1; line <= height; line++) {
    // Outside of the band around the diagonal it is more than the limit anyway.
    const first = Math.max(1, line - limit);
    const last = Math.min(width, line + limit);
    const next = new Array<number>(width + 1).fill(Number.POSITIVE_INFINITY);
    if (first === 1) next[0] = line;
    let fewest = line;
    for (let column = first; column <= last; column++) {
      const isSame = from[start + line - 1] === to[start + column - 1];
      const change = (row[column - 1] ?? 0) + (isSame ? 0 : 1);
      const mistakes = Math.min(change, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1);
      next[column] = mistakes;
      fewest = Math.min(fewest, mistakes);
    }
    if (fewest > limit) return Number.POSITIVE_INFINITY;
    row = next;
  }
  const mistakes = row[width] ?? 0;
  return mistakes <= limit ? mistakes : Number.POSITIVE_INFINITY;
}

function commonStart(from: string, to: string): number {
  let length = 0;
  while (length < from.length && length < to.length && from[length] === to[length]) length++;
  return length;
}

function commonEnd(from: string, to: string, start: number): number {
  let length = 0;
  const longest = Math.min(from.length, to.length) - start;
  while (length < longest && from[from.length - 1 - length] === to[to.length - 1 - length]) length++;
  return length;
}
