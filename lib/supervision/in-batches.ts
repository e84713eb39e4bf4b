import type { NamedTask } from "../chain/named.js";
import { DeclarativeWorker } from "../declarative-worker.js";

/** The members of a roster, source by source. */
export function inBatches(members: readonly NamedTask[]): NamedTask[][] {
  const batches: NamedTask[][] = [];
  let last: object | undefined;
  for (const member of members) {
    const source = sourceOf(member);
    const batch = batches.at(-1);
    if (batch !== undefined && source === last) batch.push(member);
    else batches.push([member]);
    last = source;
  }
  return batches;
}

/** The group of a worker, or else the member itself. */
function sourceOf(member: NamedTask): object {
  return member.link instanceof DeclarativeWorker && member.link.group !== undefined ? member.link.group : member;
}
