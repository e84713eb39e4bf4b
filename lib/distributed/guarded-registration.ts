import { hasMethod, isObjectLike, onSettled } from "../errors/foreign-value.js";
import type { Registration } from "./engine.js";

/** Whether an engine has returned what a worker gets for joining. */
export function isPlace(value: unknown): value is Registration {
  return hasMethod(value, "hurry") && hasMethod(value, "leave") && hasMethod(value, "abandon");
}

/** The place that an engine gave. Its methods never throw, so that a fault of the engine cannot keep a worker from ending. */
export class GuardedRegistration implements Registration {
  readonly #place: Registration;
  readonly #onFailure: (thrown: unknown) => void;

  /** @param onFailure called with what `hurry` or `abandon` of the engine throws */
  constructor(place: Registration, onFailure: (thrown: unknown) => void) {
    this.#place = place;
    this.#onFailure = onFailure;
  }

  hurry(): void {
    this.#attempt(() => this.#place.hurry());
  }

  abandon(): void {
    this.#attempt(() => this.#place.abandon());
  }

  /** Rejects also if the engine throws, and adopts any thenable. */
  leave(): Promise<void> | undefined {
    let gone: unknown;
    try {
      gone = this.#place.leave();
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    return isObjectLike(gone) ? settled(gone) : undefined;
  }

  #attempt(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.#onFailure(thrown);
    }
  }
}

function settled(gone: object): Promise<void> {
  return new Promise((resolve, reject) => {
    onSettled(gone, () => resolve(), reject);
  });
}
