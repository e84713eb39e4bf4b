import { constants } from "node:os";
import { performance } from "node:perf_hooks";
import { withoutAsyncContext } from "../timers/without-async-context.js";

/** A signal that asks a process to stop. */
export type ProcessSignal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT" | "SIGBREAK" | "SIGUSR1" | "SIGUSR2";

/** Called when the process receives a signal. */
export interface SignalHandlers {
  /** The first signal: stop the workers. */
  readonly first: (signal: ProcessSignal) => void;
  /** A further request, after which the process exits at once. */
  readonly second: (signal: ProcessSignal) => void;
}

/**
 * How long after the first signal a further one belongs to the same request, in ms: one Ctrl-C reaches a process from the
 * terminal and again from npm or another parent, and as SIGTERM too.
 */
const echo = 500;

/**
 * Listens to signals of the process: the first is passed on, and a further one after 500 ms ends the process with `128 + signal`,
 * the exit code that a shell expects. Returns a function that stops listening.
 */
export function onProcessSignals(signals: readonly ProcessSignal[], { first, second }: SignalHandlers): () => void {
  let requestedAt: number | undefined;
  const handler = (signal: ProcessSignal): void => {
    const now = performance.now();
    if (requestedAt === undefined) {
      requestedAt = now;
      first(signal);
    } else if (now - requestedAt >= echo) {
      second(signal);
      process.exit(128 + constants.signals[signal]);
    }
  };
  for (const signal of signals) listen(signal, handler);
  const stopListening = (): void => {
    for (const signal of signals) unlisten(signal, handler);
  };
  return () => {
    const left = requestedAt === undefined ? 0 : requestedAt + echo - performance.now();
    // Without a listener, a repeated signal would kill a process that has stopped its workers and is closing the rest.
    if (left > 0) afterRealTime(left, stopListening);
    else stopListening();
  };
}

// Signals are real, also while timers are fake, and fake timers may have been installed before this module was loaded.

/** Calls back after `ms` of real time, also while timers are fake. Does not keep the process alive. */
function afterRealTime(ms: number, callback: () => void): void {
  withoutAsyncContext(() => AbortSignal.timeout(Math.ceil(ms)).addEventListener("abort", callback, { once: true }));
}

type Handler = (signal: ProcessSignal) => void;

/** There is one listener for each signal, because Node warns of a leak from the eleventh listener on. */
const handlers = new Map<ProcessSignal, Set<Handler>>();

function listen(signal: ProcessSignal, handler: Handler): void {
  const known = handlers.get(signal);
  if (known === undefined) {
    handlers.set(signal, new Set([handler]));
    withoutAsyncContext(() => process.on(signal, callHandlers));
  } else {
    known.add(handler);
  }
}

function unlisten(signal: ProcessSignal, handler: Handler): void {
  const known = handlers.get(signal);
  if (known?.delete(handler) !== true || known.size > 0) return;
  handlers.delete(signal);
  process.off(signal, callHandlers);
}

function callHandlers(signal: NodeJS.Signals): void {
  for (const [known, all] of handlers) if (known === signal) for (const handler of [...all]) handler(known);
}
