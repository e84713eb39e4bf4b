import { type DeclarativeWorker, type Runner, runningRunners, type WorkerStatus } from "../index.js";

/**
 * The workers of the runners that run, by the name that they have in events. Reads the lists of the runners alone, and not their
 * status: events are published in the middle of changes.
 */
export class KnownWorkers {
  /** By the name within their runner, with which the name in events ends. */
  #byName = new Map<string, DeclarativeWorker>();
  #read = new WeakMap<Runner, readonly DeclarativeWorker[]>();

  /** The worker with a name; undefined if there is none. */
  find(name: string): DeclarativeWorker | undefined {
    return this.#lookUp(name) ?? (this.#update() ? this.#lookUp(name) : undefined);
  }

  /** The worker with a name, or the one of which something with this name is a part; undefined if there is none. */
  findOwner(name: string): DeclarativeWorker | undefined {
    for (const owner of ownersOf(name)) {
      const worker = this.find(owner);
      if (worker !== undefined) return worker;
    }
    return undefined;
  }

  #lookUp(name: string): DeclarativeWorker | undefined {
    for (let suffix = name; ; suffix = suffix.slice(suffix.indexOf("/") + 1)) {
      const worker = this.#byName.get(suffix);
      if (worker !== undefined || !suffix.includes("/")) return worker;
    }
  }

  /** Reads the workers that were added since. Returns whether there may be some. */
  #update(): boolean {
    let hasChanged = false;
    for (const runner of runningRunners()) {
      const { workers } = runner;
      const last = this.#read.get(runner) ?? [];
      if (workers === last) continue;
      hasChanged = true;
      this.#read.set(runner, workers);
      // New workers come last, so that ten thousand can be added one by one.
      const isLonger = last.length > 0 && workers[last.length - 1] === last.at(-1);
      for (const worker of isLonger ? workers.slice(last.length) : workers)
        if (worker.name !== undefined) this.#byName.set(worker.name, worker);
    }
    return hasChanged;
  }

  /** Forgets all of them: they are read again when one is looked up. */
  clear(): void {
    this.#byName = new Map();
    this.#read = new WeakMap();
  }
}

/** A name, and the names of what it may be a part of: `a/b/c`, `a/b`, `a`. */
export function ownersOf(name: string): string[] {
  const parts = name.split("/");
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
}

/** The name that the worker of a row has in events, or the group of it: that of a nested runner comes first. */
export function nameInEvents({ runner }: WorkerStatus, name: string): string {
  if (runner === "") return name;
  // The library does not export its own function for this.
  const parts = runner.split("/");
  for (const start of parts.keys()) {
    const shared = parts.slice(start).join("/");
    if (name === shared || name.startsWith(`${shared}/`)) return [...parts.slice(0, start), name].join("/");
  }
  return `${runner}/${name}`;
}
