import { types } from "node:util";
import { DeclarativeWorker } from "../declarative-worker.js";
import { readArray } from "../errors/read-value.js";
import { describeKind } from "../errors/show-value.js";
import { type DiscoveredWorker, reportNameClashes } from "./discovered-worker.js";
import type { Problems } from "./problems.js";

/** Checks the workers that are passed to a runner. Values that are not workers, and two workers with one name, are problems. */
export function checkWorkers(workers: unknown, problems: Problems): readonly DeclarativeWorker[] {
  const list = readArray(workers);
  if (list === undefined) {
    problems.add(`The workers of a runner are ${describeKind(workers)}: pass an array of DeclarativeWorkers`);
    return [];
  }
  const found: DiscoveredWorker[] = [];
  for (const [index, given] of list.entries()) {
    const origin = `worker ${index + 1} of the runner`;
    const worker = problems.attempt(origin, () => DeclarativeWorker.from(given));
    if (worker !== undefined) found.push({ worker, origin });
  }
  reportNameClashes(found, problems);
  const checked = found.map(({ worker }) => worker);
  // Usually they are the given ones, and one array is enough.
  return isListOf(workers, checked) ? workers : checked;
}

function isListOf(list: unknown, workers: readonly DeclarativeWorker[]): list is readonly DeclarativeWorker[] {
  return !types.isProxy(list) && Array.isArray(list) && workers.every((worker, index) => worker === list[index]);
}
