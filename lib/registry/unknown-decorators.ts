import type { Entry } from "../metadata/record.js";

/** How many arguments this version knows of each decorator. */
const argumentCounts: ReadonlyMap<string, number> = new Map([
  ["Worker", 1],
  ["Repeat", 2],
  ["Retry", 1],
  ["RetryJob", 1],
  ["Timeout", 1],
  ["Distributed", 1],
  ["Named", 1],
]);

const cure = "another version of watchbill has recorded it, so install one version only";

/** What another version of this library has recorded and this one cannot carry out. */
export function unknownDecorators(owner: string, entries: readonly Entry[]): string[] {
  return entries.flatMap(({ decorator, args }) => {
    const count = argumentCounts.get(decorator);
    if (count === undefined) return [`@${decorator} of ${owner} is not known to this version of watchbill: ${cure}`];
    return args.slice(count).some((arg) => arg !== undefined)
      ? [`@${decorator} of ${owner} has an argument that is not known to this version of watchbill: ${cure}`]
      : [];
  });
}
