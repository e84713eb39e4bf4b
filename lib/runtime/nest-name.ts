/**
 * The name of a worker within another: `github/commits`. The parts with which the outer name ends and the inner one begins appear
 * once: `nested/github` and `github/commits` make `nested/github/commits`.
 */
export function nestName(outer: string, inner: string): string {
  if (outer === "" || inner === "") return outer + inner;
  for (let start = 0; ; ) {
    const shared = outer.slice(start);
    if (inner === shared || inner.startsWith(`${shared}/`)) return outer.slice(0, start) + inner;
    const slash = outer.indexOf("/", start);
    if (slash < 0) return `${outer}/${inner}`;
    start = slash + 1;
  }
}

/** The names for which {@link nestName} may return `name` within `outer`, except `name` itself. */
export function innerNames(outer: string, name: unknown): string[] {
  const names: string[] = [];
  if (typeof name !== "string") return names;
  for (let slash = name.indexOf("/"); slash >= 0 && slash <= outer.length; slash = name.indexOf("/", slash + 1)) {
    names.push(name.slice(slash + 1));
  }
  return names;
}
