import { type DeclarativeWorker, nestName, Runner, type WorkerStatus } from "../index.js";

/** A worker of a runner, or of a runner within it. */
export interface DirectoryEntry {
  /** As in events and on the page: with the name of the nested runner in front. */
  readonly name: string;
  readonly worker: DeclarativeWorker;
  /** The runner that controls it, and its name there. */
  readonly runner: Runner;
  readonly innerName: string;
  /** The name of that runner: `""`, or the name under which it is a worker of another one. */
  readonly runnerName: string;
}

/** Finds the workers of a runner by name, with those of the runners among its workers. */
export class WorkerDirectory {
  readonly #runner: Runner;
  /** The workers of each runner when it was read last: a new array after every change. */
  readonly #read = new Map<Runner, readonly DeclarativeWorker[]>();
  #entries = new Map<string, DirectoryEntry>();
  #names: readonly string[] | undefined;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  get names(): readonly string[] {
    this.refresh();
    return (this.#names ??= [...this.#entries.keys()]);
  }

  get(name: string): DirectoryEntry | undefined {
    this.refresh();
    return this.#entries.get(name);
  }

  /** Reads the workers again if one was added or removed. Takes no time in proportion to their number if not. */
  refresh(): void {
    let isCurrent = this.#read.size > 0;
    for (const [runner, workers] of this.#read) isCurrent &&= runner.workers === workers;
    if (isCurrent) return;
    this.#read.clear();
    this.#entries = new Map();
    this.#names = undefined;
    this.#readWorkers(this.#runner, "");
  }

  #readWorkers(runner: Runner, runnerName: string): void {
    const { workers } = runner;
    if (this.#read.has(runner)) return;
    this.#read.set(runner, workers);
    // A worker without a name of its own has one in its status.
    const rows = workers.some(({ name }) => name === undefined) ? runner.status() : [];
    for (const [index, worker] of workers.entries()) {
      const innerName = worker.name ?? rows[index]?.name ?? "";
      const nested = nestName(runnerName, innerName);
      const name = this.#entries.has(nested) ? `${runnerName}/${innerName}` : nested;
      this.#entries.set(name, { name, worker, runner, innerName, runnerName });
      if (worker.worker instanceof Runner) this.#readWorkers(worker.worker, name);
    }
  }

  /** The rows of all workers, those of a nested runner after its own row. */
  rows(): WorkerStatus[] {
    return this.rowsOf(this.names);
  }

  /** The rows of some workers. Names without a worker are left out. */
  rowsOf(names: Iterable<string>): WorkerStatus[] {
    this.refresh();
    const byRunner = new Map<Runner, DirectoryEntry[]>();
    for (const name of names) {
      const entry = this.#entries.get(name);
      if (entry === undefined) continue;
      const others = byRunner.get(entry.runner);
      if (others === undefined) byRunner.set(entry.runner, [entry]);
      else others.push(entry);
    }
    return Array.from(byRunner).flatMap(([runner, entries]) => {
      const rows = runner.status(entries.map(({ innerName }) => innerName));
      for (const [index, row] of rows.entries()) {
        const { name = row.name, runnerName = "" } = entries[index] ?? {};
        row.name = name;
        row.runner = runnerName;
      }
      return rows;
    });
  }
}
