import { onAbort } from "../runtime/on-abort.js";
import { pause } from "./within.js";

/**
 * How long, in ms, from one census to the next: in proportion to what has to be read, but for at least so long. Shorter, if a worker is
 * wanted, or there was trouble.
 */
const pauses = { least: 5_000, aWorker: 5, wanted: 250, trouble: 1_000 };

/** What the pace depends on. */
interface Circumstances {
  readonly seats: number;
  readonly isWanted: boolean;
  readonly isAway: boolean;
}

/** When the next census is. */
export class CensusPace {
  #pause = new AbortController();
  #isHurried = false;
  #hadTrouble = false;

  /** Whether there was any since the last one began. */
  get hadTrouble(): boolean {
    return this.#hadTrouble;
  }

  /** What is asked for from now on is for the census after this one. */
  begins(): void {
    this.#isHurried = false;
    this.#hadTrouble = false;
  }

  /** Asks for one as soon as possible. */
  hurry(): void {
    this.#isHurried = true;
    this.#pause.abort();
  }

  /** @param isKnown whether it was known that not all is well */
  troubled(isKnown: boolean): void {
    this.#hadTrouble = true;
    if (!isKnown) this.#pause.abort();
  }

  /** Resolves when it is time, or the signal aborts. */
  async next({ seats, isWanted, isAway }: Circumstances, signal: AbortSignal): Promise<void> {
    if (this.#isHurried || signal.aborted) return;
    const usual = this.#hadTrouble || isAway ? pauses.trouble : Math.max(pauses.least, seats * pauses.aWorker);
    this.#pause = new AbortController();
    const callOff = onAbort(signal, this.#pause);
    await pause(isWanted ? pauses.wanted : usual, this.#pause.signal);
    callOff();
  }
}
