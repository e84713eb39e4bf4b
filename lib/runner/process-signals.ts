import { constants } from "node:os";

/** A signal by which a process is asked to stop. */
export type ProcessSignal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT" | "SIGBREAK" | "SIGUSR1" | "SIGUSR2";

/** What to do when the process is told to stop. */
export interface SignalHandlers {
  /** The first signal: stop in good order. */
  readonly first: (signal: ProcessSignal) => void;
  /** A further one, after which the process exits at once. */
  readonly second: (signal: ProcessSignal) => void;
}

/**
 * Listens to signals of the process: the first is passed on, the second ends the process with `128 + signal`, the exit code
 * that a shell expects. Returns how to stop listening.
 */
export function onProcessSignals(signals: readonly ProcessSignal[], { first, second }: SignalHandlers): () => void {
  let isFirst = true;
  const handler = (signal: ProcessSignal): void => {
    if (isFirst) {
      isFirst = false;
      first(signal);
    } else {
      second(signal);
      process.exit(128 + constants.signals[signal]);
    }
  };
  for (const signal of signals) listen(signal, handler);
  return () => {
    for (const signal of signals) unlisten(signal, handler);
  };
}

type Handler = (signal: ProcessSignal) => void;

/** Behind one listener a signal, as Node warns of a leak from the eleventh on. */
const handlers = new Map<ProcessSignal, Set<Handler>>();

function listen(signal: ProcessSignal, handler: Handler): void {
  const known = handlers.get(signal);
  if (known === undefined) {
    handlers.set(signal, new Set([handler]));
    process.on(signal, tellAll);
  } else {
    known.add(handler);
  }
}

function unlisten(signal: ProcessSignal, handler: Handler): void {
  const known = handlers.get(signal);
  if (known?.delete(handler) !== true || known.size > 0) return;
  handlers.delete(signal);
  process.off(signal, tellAll);
}

function tellAll(signal: NodeJS.Signals): void {
  for (const [known, all] of handlers) if (known === signal) for (const handler of [...all]) handler(known);
}
