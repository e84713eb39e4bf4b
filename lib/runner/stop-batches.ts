import { DeclarativeWorker } from "../declarative-worker.js";
import type { Child } from "../supervision/supervisor.js";

/** Splits the children of a supervisor into batches, one for each source, for the option `stopOrder: "reverse"`. */
export function stopBatches(children: readonly Child[]): Child[][] {
  const batches: Child[][] = [];
  let last: object | undefined;
  for (const child of children) {
    const source = sourceOf(child);
    const batch = batches.at(-1);
    if (batch !== undefined && source === last) batch.push(child);
    else batches.push([child]);
    last = source;
  }
  return batches;
}

/** The group of a worker, or else the child itself. */
function sourceOf(child: Child): object {
  return child.definition instanceof DeclarativeWorker && child.definition.group !== undefined ? child.definition.group : child;
}
