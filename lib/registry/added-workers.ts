import type { DeclarativeWorker } from "../declarative-worker.js";
import type { Instances } from "./instances.js";
import { reportNameClashes } from "./name-clashes.js";
import type { Problems } from "./problems.js";
import { workersOf } from "./source.js";

/**
 * The workers of one source more. The instance of a class is the one that there is, if it was made before.
 * @param beside the workers whose names are taken
 */
export function addedWorkers(
  source: object,
  instances: Instances,
  beside: readonly DeclarativeWorker[],
  problems: Problems,
): readonly DeclarativeWorker[] {
  const found = workersOf(source, instances.of, problems);
  const known = beside.map((worker) => ({ worker, origin: "a worker that is there already" }));
  reportNameClashes([...known, ...found], problems);
  return found.map(({ worker }) => worker);
}
