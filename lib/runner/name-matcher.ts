/** One or more names of workers, in which `*` stands for anything: `"github/*"`. */
export type NamePatterns = string | readonly string[];

/**
 * Returns a function that tells whether a name matches one of the patterns, as the options `only` and `except` read them. It
 * takes no longer for any number of patterns that are without a star, and time in proportion to the name for each of the others.
 */
export function nameMatcher(patterns: NamePatterns): (name: string) => boolean {
  const list = typeof patterns === "string" ? [patterns] : patterns;
  const exact = new Set(list.filter((pattern) => !pattern.includes("*")));
  const others = list.filter((pattern) => pattern.includes("*")).map((pattern) => pattern.split("*"));
  return (name) => exact.has(name) || others.some((segments) => fits(name, segments));
}

/**
 * Whether a name is made of these segments, in order and with anything between them. The earliest place of each segment leaves
 * the most room for those after it, so that each is searched for once.
 */
function fits(name: string, segments: readonly string[]): boolean {
  const first = segments[0] ?? "";
  const last = segments.at(-1) ?? "";
  const end = name.length - last.length;
  if (first.length > end || !name.startsWith(first) || !name.endsWith(last)) return false;
  let position = first.length;
  for (const segment of segments.slice(1, -1)) {
    const found = name.indexOf(segment, position);
    if (found < 0) return false;
    position = found + segment.length;
  }
  return position <= end;
}
