import { Sleeper } from "../runtime/sleeper.js";

/** Calls back once, at a time of the wall clock. */
export class Alarm extends Sleeper {
  readonly #ring: () => void;

  /** @param due in ms since the epoch */
  constructor(due: number, ring: () => void) {
    super();
    this.#ring = ring;
    this.sleep(Math.max(0, due - Date.now()));
  }

  override wake(): void {
    this.#ring();
  }

  callOff(): void {
    this.cancelSleep();
  }
}
