import type { DeclarativeWorker } from "../declarative-worker.js";
import type { Instances } from "./instances.js";
import { reportNameClashes } from "./name-clashes.js";
import type { Problems } from "./problems.js";
import { workersOf } from "./source.js";

/**
 * The workers of one source more. The instance of a class is the one that there is, if it was made before.
 * @param isTaken whether a worker that is there already has a name
 */
export function addedWorkers(
  source: object,
  instances: Instances,
  isTaken: (name: string) => boolean,
  problems: Problems,
): readonly DeclarativeWorker[] {
  const found = workersOf(source, instances.of, problems);
  reportNameClashes(found, problems, isTaken);
  return found.map(({ worker }) => worker);
}
