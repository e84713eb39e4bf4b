import type { DeclarativeWorker } from "../declarative-worker.js";
import { reportNameClashes } from "./discovered-worker.js";
import type { Instances } from "./instances.js";
import type { Problems } from "./problems.js";
import { workersOf } from "./source.js";

/**
 * Discovers the workers of a source that is added later. The instance of a class is created once, also if it is added again.
 * @param isTaken whether an existing worker has a name
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
