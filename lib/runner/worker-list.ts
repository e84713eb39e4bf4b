import type { DeclarativeWorker } from "../declarative-worker.js";

/** The workers of a runner, in order and by name. */
export class WorkerList {
  /** Made at the first change. */
  #workers: DeclarativeWorker[] | undefined;
  /** What callers see, which never changes. Made anew after a change, when it is read. */
  #all: readonly DeclarativeWorker[] | undefined;
  /** Made when a worker is first looked up. */
  #byName: Map<string, DeclarativeWorker> | undefined;

  constructor(workers: readonly DeclarativeWorker[]) {
    this.#all = workers;
  }

  get all(): readonly DeclarativeWorker[] {
    return (this.#all ??= [...(this.#workers ?? [])]);
  }

  get(name: string): DeclarativeWorker | undefined {
    this.#byName ??= new Map(this.all.map((worker) => [worker.label, worker]));
    return this.#byName.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  add(workers: readonly DeclarativeWorker[]): void {
    const changed = this.#change();
    for (const worker of workers) {
      changed.push(worker);
      this.#byName?.set(worker.label, worker);
    }
  }

  remove(worker: DeclarativeWorker): void {
    const changed = this.#change();
    const index = changed.indexOf(worker);
    if (index < 0) return;
    changed.splice(index, 1);
    this.#byName?.delete(worker.label);
  }

  #change(): DeclarativeWorker[] {
    this.#workers ??= [...this.all];
    this.#all = undefined;
    return this.#workers;
  }
}
