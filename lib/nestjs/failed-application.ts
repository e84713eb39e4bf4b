import { setTimeout as wait } from "node:timers/promises";
import { Logger } from "@nestjs/common";
import { runnerContext } from "./nest-logger.js";

/** How long after its start an application may enable its shutdown hooks, and how long it may take to begin to close, in ms. */
const timeToListen = 1_000;
const timeToClose = 10_000;

/** Signals that mean to stop. `enableShutdownHooks()` listens to all of them by default. */
const signals = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const;

/**
 * Closes an application whose runner has failed, and ends the process with exit code 1.
 *
 * Only the main file has the application, which no provider can inject. So this does what a process signal does: it calls the
 * listeners of one, and `enableShutdownHooks()` has made Nest one of them. If that does not close the application, because there
 * are no listeners for example, the process exits at once.
 */
export class FailedApplication {
  #signal: NodeJS.Signals | undefined;

  /** @param isClosing whether the application has begun to close */
  async close(isClosing: () => boolean): Promise<void> {
    process.exitCode = 1;
    // Those who end the process themselves when the application is closed may use another exit code.
    process.once("exit", () => (process.exitCode = 1));
    if (signalWithListeners() === undefined) await wait(timeToListen);
    this.#signal = signalWithListeners();
    if (this.#signal !== undefined) {
      process.emit(this.#signal, this.#signal);
      await wait(timeToClose, undefined, { ref: false });
      if (isClosing()) return;
    }
    Logger.error("cannot close the application, and exits: call app.enableShutdownHooks() in the main file", runnerContext);
    process.exit(1);
  }

  /** Nest, which has nothing to close after this, sends the signal to the process again. That is to end it with exit code 1. */
  onShutdown(): void {
    if (this.#signal !== undefined) process.once(this.#signal, () => process.exit(1));
  }
}

function signalWithListeners(): NodeJS.Signals | undefined {
  return signals.find((signal) => process.listenerCount(signal) > 0);
}
