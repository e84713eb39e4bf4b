import { QueueTimer } from "../timers/queue-timer.js";

/** Calls back once, at a time of the wall clock. */
export class Alarm {
  readonly #timer: QueueTimer;

  /** @param due in ms since the epoch */
  constructor(due: number, ring: () => void) {
    this.#timer = new QueueTimer(ring);
    this.#timer.sleep(Math.max(0, due - Date.now()));
  }

  callOff(): void {
    this.#timer.cancel();
  }
}
