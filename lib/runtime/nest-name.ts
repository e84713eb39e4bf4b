/** The name of something within something else. What the two share, at the seam or from the start, counts once. */
export function nestName(outer: string, inner: string): string {
  if (outer === "" || inner === "") return outer + inner;
  if (outer === inner || outer.endsWith(`/${inner}`)) return outer;
  return inner.startsWith(`${outer}/`) ? inner : `${outer}/${inner}`;
}
