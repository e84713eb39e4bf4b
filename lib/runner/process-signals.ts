import { constants } from "node:os";

/** What to do when the process is told to stop. */
export interface SignalHandlers {
  /** The first signal: stop in good order. */
  readonly first: (signal: NodeJS.Signals) => void;
  /** A further one, after which the process exits at once. */
  readonly second: (signal: NodeJS.Signals) => void;
}

/**
 * Listens to signals of the process: the first is passed on, the second ends the process with `128 + signal`, the exit code
 * that a shell expects. Returns how to stop listening.
 */
export function onProcessSignals(signals: readonly NodeJS.Signals[], { first, second }: SignalHandlers): () => void {
  let received = 0;
  const listener = (signal: NodeJS.Signals): void => {
    received++;
    if (received === 1) {
      first(signal);
    } else {
      second(signal);
      process.exit(128 + constants.signals[signal]);
    }
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
