import type { FoundWorker } from "./found-worker.js";
import type { Problems } from "./problems.js";

/** Two workers of one name are a problem: nobody could tell them apart. */
export function reportNameClashes(found: readonly FoundWorker[], problems: Problems): void {
  const origins = new Map<string, string>();
  for (const { worker, origin } of found) {
    if (worker.name === undefined) continue;
    const other = origins.get(worker.name);
    if (other === undefined) origins.set(worker.name, origin);
    else
      problems.add(
        `${other} and ${origin} are both named "${worker.name}": give one another name, for example with @Named((self) => …)`,
      );
  }
}
