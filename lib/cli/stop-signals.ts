import { constants } from "node:os";

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** A further signal within this time belongs to the same request to stop, in ms. */
const sameRequest = 500;

export function exitCodeOf(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}

/**
 * Calls a function for the first signal that asks this process to stop. A later one exits at once. One request may arrive twice,
 * by npm for example, and counts once.
 * @returns a function that ends this
 */
export function onStopSignals(signals: readonly StopSignal[], stop: (signal: StopSignal) => void): () => void {
  let first: number | undefined;
  const onSignal = (signal: StopSignal): void => {
    const now = performance.now();
    if (first === undefined) {
      first = now;
      stop(signal);
    } else if (now - first > sameRequest) {
      // A runner that handles signals itself says which workers it does not wait for, and exits.
      setImmediate(() => process.exit(exitCodeOf(signal)));
    }
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
