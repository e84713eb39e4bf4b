import { onSettled } from "../errors/on-settled.js";
import { hasMethod, isObjectLike } from "../errors/read-value.js";
import type { Pause } from "../runtime/worker-status.js";
import type { Registration } from "./engine.js";

/** Whether a value that an engine returned from `join` has the methods of a registration. */
export function isRegistration(value: unknown): value is Registration {
  return hasMethod(value, "requestRun") && hasMethod(value, "leave") && hasMethod(value, "release");
}

/** Wraps a registration so that its methods never throw: a broken engine cannot keep a worker from exiting. */
export class GuardedRegistration implements Registration {
  readonly #registration: Registration;
  readonly #onFailure: (thrown: unknown) => void;

  /** @param onFailure called with what a method of the engine other than `leave` throws */
  constructor(registration: Registration, onFailure: (thrown: unknown) => void) {
    this.#registration = registration;
    this.#onFailure = onFailure;
  }

  requestRun(): void {
    this.#attempt(() => this.#registration.requestRun());
  }

  setPause(pause: Pause | null): void {
    this.#attempt(() => this.#registration.setPause?.(pause));
  }

  requestRestart(): void {
    this.#attempt(() => this.#registration.requestRestart?.());
  }

  /** Undefined if the engine cannot tell, or fails to. */
  whenIdle(): Promise<void> | undefined {
    let idle: unknown;
    this.#attempt(() => {
      idle = this.#registration.whenIdle?.();
    });
    return isObjectLike(idle) ? settled(idle).catch(this.#onFailure) : undefined;
  }

  release(): void {
    this.#attempt(() => this.#registration.release());
  }

  /** Rejects if the engine throws. Accepts any thenable that the engine returns. */
  leave(): Promise<void> | undefined {
    let left: unknown;
    try {
      left = this.#registration.leave();
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    return isObjectLike(left) ? settled(left) : undefined;
  }

  #attempt(call: () => void): void {
    try {
      call();
    } catch (thrown) {
      this.#onFailure(thrown);
    }
  }
}

function settled(left: object): Promise<void> {
  return new Promise((resolve, reject) => {
    onSettled(left, () => resolve(), reject);
  });
}
