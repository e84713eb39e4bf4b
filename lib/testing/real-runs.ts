import type { Around, WorkerContext } from "../index.js";
import { RealWaitError } from "./real-wait-error.js";
import { turnOfEventLoop } from "./virtual-clock.js";

/** How long, in ms of real time, something real may take: a file that is read, but not an answer from the network. */
const patience = 1_000;

/** Of the real clock. */
const now = performance.now.bind(performance);

/**
 * Notices that the code of a worker waits for something real. The virtual clock goes on when nothing is left to do but to wait;
 * if the process then has a resource which it did not have before the runs, that is what a run waits for.
 */
export class RealRuns {
  readonly #running = new Set<WorkerContext>();
  /** What the process has that no run waits for, such as the timer of a test runner. */
  #others = countOf(process.getActiveResourcesInfo());

  /** Call it before the first run. */
  async begin(): Promise<void> {
    // A test runner sets its timer when the test has returned its promise.
    await turnOfEventLoop();
    this.#others = countOf(process.getActiveResourcesInfo());
  }

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
    if (this.#running.size > 0) return this.#resources().length > 0 ? this.#waitOrThrow() : undefined;
    this.#others = countOf(process.getActiveResourcesInfo());
    return undefined;
  }

  async #waitOrThrow(): Promise<void> {
    const start = now();
    let resources = this.#resources();
    while (this.#running.size > 0 && resources.length > 0 && now() - start < patience) {
      await turnOfEventLoop();
      resources = this.#resources();
    }
    const workers = [...new Set([...this.#running].map(({ name }) => name))];
    if (workers.length > 0 && resources.length > 0) throw new RealWaitError(workers, resources);
  }

  /** The kinds of resources of which there are more than before. */
  #resources(): string[] {
    const active = countOf(process.getActiveResourcesInfo());
    return [...active].filter(([kind, count]) => count > (this.#others.get(kind) ?? 0)).map(([kind]) => kind);
  }
}

function countOf(kinds: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
