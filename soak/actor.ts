import { getEventListeners } from "node:events";
import { DoNotRestart, TimeoutError, type WorkerContext } from "watchbill";
import type { Chance, Weighted } from "./chance.js";
import type { Fate } from "./fates.js";
import type { Ending, Page } from "./page.js";
import type { Yard } from "./yard.js";

/** What a worker's runs come to. */
export interface Role {
  readonly fates: readonly Weighted<Fate>[];
  /** Of the first run of all, so that what the library keeps of a failure is kept from the start, and the heap is soon even. */
  readonly first?: Fate | undefined;
  /** In calm weather. */
  readonly calm: Fate;
  /** How long a run may take, in ms. */
  readonly limit?: number | undefined;
  /** A return means that it is done for good. */
  readonly completes?: boolean | undefined;
}

/** The code of one worker: each run as its chance has it, and written down on its page. */
export class Actor {
  readonly page: Page;
  readonly #role: Role;
  readonly #chance: Chance;
  readonly #yard: Yard;

  constructor(page: Page, role: Role, chance: Chance, yard: Yard) {
    this.page = page;
    this.#role = role;
    this.#chance = chance;
    this.#yard = yard;
  }

  readonly act = (context: WorkerContext): Promise<void> | void => {
    const { page } = this;
    const { weather } = this.#yard;
    const began = performance.now();
    const ended = (...thrown: unknown[]): void => {
      page.end(this.#endingOf(context, performance.now() - began, thrown));
      if (page.total % 16 === 1) this.#lookForRemains(context);
    };
    page.begin(context.name);
    let acting: Promise<void> | void;
    try {
      acting = this.#fate()({ context, page, chance: this.#chance, weather });
    } catch (thrown) {
      ended(thrown);
      throw thrown;
    }
    if (acting === undefined) return ended();
    return acting.then(
      () => ended(),
      (thrown: unknown) => {
        ended(thrown);
        throw thrown;
      },
    );
  };

  /** As the documentation has it, from what the code itself can see. A signal is made when it is read, so that few are read here. */
  #endingOf(context: WorkerContext, took: number, thrown: readonly unknown[]): Ending {
    const { limit, completes } = this.#role;
    const [error] = thrown;
    if (error instanceof DoNotRestart) return "done";
    if (limit !== undefined && context.signal.reason instanceof TimeoutError) return "failed";
    if (thrown.length > 0) return context.signal.aborted && error === context.signal.reason ? "ended" : "failed";
    if (completes === true) return context.signal.aborted ? "ended" : "done";
    // The library's clock began a little earlier, and ends a little later, however long that little is on a slow machine.
    return limit !== undefined && took >= limit / 2 ? "unsure" : "ended";
  }

  #fate(): Fate {
    const { fates, calm, first } = this.#role;
    // The choices are the same in any weather.
    const fate = this.#chance.pick(fates);
    if (this.#yard.weather.isCalm) return calm;
    return this.page.total === 1 && first !== undefined ? first : fate;
  }

  /** The run is over: whatever waited for its signal has called that off, and its context will be garbage. */
  #lookForRemains(context: WorkerContext): void {
    const { faults, remains } = this.#yard;
    const { length } = getEventListeners(context.signal, "abort");
    if (length > 0) faults.add("listeners", `${context.name}: ${length} on the signal of a run that is over`);
    remains.watch("contexts of runs", context);
  }
}
