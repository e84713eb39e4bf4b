import type { FoundWorker } from "./found-worker.js";
import type { Problems } from "./problems.js";

/**
 * Reports workers of one name, which could not be told apart.
 * @param isTaken whether yet another worker has a name
 */
export function reportNameClashes(found: readonly FoundWorker[], problems: Problems, isTaken = noName): void {
  const origins = new Map<string, string>();
  for (const { worker, origin } of found) {
    if (worker.name === undefined) continue;
    const other = origins.get(worker.name) ?? (isTaken(worker.name) ? "a worker that is there already" : undefined);
    if (other === undefined) origins.set(worker.name, origin);
    else
      problems.add(
        `${other} and ${origin} are both named "${worker.name}": give one another name, for example with @Named((self) => …)`,
      );
  }
}

function noName(_name: string): boolean {
  return false;
}
