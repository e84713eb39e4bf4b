import { type DeclarativeWorker, nestName, type Runner, runningRunners } from "../index.js";

/**
 * The workers of the runners that run, by the name that they have in events. Reads the lists of the runners and, of each, the
 * status of one worker alone: ten thousand may be added one by one.
 */
export class KnownWorkers {
  readonly #byName = new Map<string, DeclarativeWorker>();
  #read = new Map<Runner, readonly DeclarativeWorker[]>();

  /** The worker with a name; undefined if there is none. */
  find(name: string): DeclarativeWorker | undefined {
    this.#update();
    return this.#byName.get(name);
  }

  /** The worker with a name, or the one of which something with this name is a part; undefined if there is none. */
  findOwner(name: string): DeclarativeWorker | undefined {
    for (const owner of ownersOf(name)) {
      const worker = this.find(owner);
      if (worker !== undefined) return worker;
    }
    return undefined;
  }

  /** Reads the workers that were added since, or all of them if some were removed. */
  #update(): void {
    const runners = runningRunners();
    if (runners.length === this.#read.size && runners.every((runner) => runner.workers === this.#read.get(runner))) return;
    const current = new Map(runners.map((runner) => [runner, runner.workers]));
    // Otherwise those that were removed would be kept for as long as the process runs.
    if (Array.from(this.#read).some(([runner, workers]) => !begins(workers, current.get(runner)))) {
      this.#byName.clear();
      this.#read.clear();
    }
    for (const [runner, workers] of current) {
      const added = workers.slice(this.#read.get(runner)?.length ?? 0);
      const [first] = added.flatMap(({ name }) => name ?? []);
      if (first === undefined) continue;
      // The name of the runner within another one, which is in front of those of all of its workers.
      const [row] = runner.status([first]);
      for (const worker of added)
        if (worker.name !== undefined) this.#byName.set(nestName(row?.runner ?? "", worker.name), worker);
    }
    this.#read = current;
  }
}

/** Whether workers were at most added to a list, where they come last: so ten thousand can be added one by one. */
function begins(first: readonly DeclarativeWorker[], list: readonly DeclarativeWorker[] | undefined): boolean {
  if (list === undefined || first === list) return list !== undefined;
  return first.length < list.length && first.at(-1) === list[first.length - 1];
}

/** A name, and the names of what it may be a part of: `a/b/c`, `a/b`, `a`. */
export function ownersOf(name: string): string[] {
  const parts = name.split("/");
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
}
