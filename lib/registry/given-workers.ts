import { types } from "node:util";
import { DeclarativeWorker } from "../declarative-worker.js";
import { describeKind, readArray } from "../errors/foreign-value.js";
import type { FoundWorker } from "./found-worker.js";
import { reportNameClashes } from "./name-clashes.js";
import type { Problems } from "./problems.js";

/** The workers that a runner is made of; those that are none, and two of one name, are problems. */
export function checkWorkers(workers: unknown, problems: Problems): readonly DeclarativeWorker[] {
  const list = readArray(workers);
  if (list === undefined) {
    problems.add(`The workers of a runner are ${describeKind(workers)}: pass an array of DeclarativeWorkers`);
    return [];
  }
  const found: FoundWorker[] = [];
  for (const [index, given] of list.entries()) {
    const origin = `worker ${index + 1} of the runner`;
    const worker = problems.attempt(origin, () => DeclarativeWorker.from(given));
    if (worker !== undefined) found.push({ worker, origin });
  }
  reportNameClashes(found, problems);
  const checked = found.map(({ worker }) => worker);
  // Usually they are the given ones, and the array need not be there twice.
  return isListOf(workers, checked) ? workers : checked;
}

function isListOf(list: unknown, workers: readonly DeclarativeWorker[]): list is readonly DeclarativeWorker[] {
  return !types.isProxy(list) && Array.isArray(list) && workers.every((worker, index) => worker === list[index]);
}
