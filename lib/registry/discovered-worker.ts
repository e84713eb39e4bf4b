import type { DeclarativeWorker } from "../declarative-worker.js";
import type { Problems } from "./problems.js";

/** A worker, and where it was found, for the messages. */
export interface DiscoveredWorker {
  readonly worker: DeclarativeWorker;
  /** For example `"CommitFetcher.fetchCommits"`. */
  readonly origin: string;
  /** The method that it was declared on, if it was. */
  readonly member?: string | symbol;
  /** Whether its name may change with the next build, as a minifier has made a part of it. */
  readonly hasMinifiedName?: boolean;
}

/** A class, or what is used as one for an object literal. */
export interface NamedType {
  readonly name: string;
}

/**
 * Reports workers that have the same name.
 * @param isTaken whether another worker, which is not among them, has a name
 */
export function reportNameClashes(
  found: readonly DiscoveredWorker[],
  problems: Problems,
  isTaken: (name: string) => boolean = () => false,
): void {
  const origins = new Map<string, string>();
  for (const { worker, origin } of found) {
    if (worker.name === undefined) continue;
    const other = origins.get(worker.name) ?? (isTaken(worker.name) ? "an existing worker" : undefined);
    if (other === undefined) origins.set(worker.name, origin);
    else
      problems.add(
        `${other} and ${origin} are both named "${worker.name}": rename one of them, for example with @Named((self) => …)`,
      );
  }
}
