import type { Around, WorkerContext } from "../index.js";
import { RealWaitError } from "./real-wait-error.js";
import { turnOfEventLoop } from "./virtual-clock.js";

/** How many turns of the event loop a real resource may take to be released, such as a file that was read from a cache. */
const turns = 3;

/**
 * Notices that the code of a worker waits for something real. The virtual clock goes on when nothing is left to do but to wait;
 * if the process then has a resource which it did not have before the runs, that is what a run waits for.
 */
export class RealRuns {
  readonly #running = new Set<WorkerContext>();
  readonly #before = countOf(process.getActiveResourcesInfo());

  readonly around: Around = (context, next) => {
    this.#running.add(context);
    const end = (): void => void this.#running.delete(context);
    let result: unknown;
    try {
      result = next();
    } catch (error) {
      end();
      throw error;
    }
    if (!(result instanceof Promise)) {
      end();
      return result;
    }
    return result.finally(end);
  };

  /**
   * Undefined if nothing real is waited for, and otherwise a promise that settles when that has ended soon.
   * @throws RealWaitError that names the runs which are under way
   */
  check(): Promise<void> | undefined {
    return this.#running.size > 0 && this.#resources().length > 0 ? this.#waitOrThrow() : undefined;
  }

  async #waitOrThrow(): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await turnOfEventLoop();
    const resources = this.#resources();
    const workers = [...new Set([...this.#running].map(({ name }) => name))];
    if (workers.length > 0 && resources.length > 0) throw new RealWaitError(workers, resources);
  }

  /** The kinds of resources of which there are more than before. */
  #resources(): string[] {
    const now = countOf(process.getActiveResourcesInfo());
    return [...now].filter(([kind, count]) => count > (this.#before.get(kind) ?? 0)).map(([kind]) => kind);
  }
}

function countOf(kinds: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
