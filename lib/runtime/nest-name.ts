/**
 * The name of a worker within another: `github/commits`. A part that both share, where they meet or from the start, appears once.
 */
export function nestName(outer: string, inner: string): string {
  if (outer === "" || inner === "") return outer + inner;
  if (outer === inner || outer.endsWith(`/${inner}`)) return outer;
  return inner.startsWith(`${outer}/`) ? inner : `${outer}/${inner}`;
}
