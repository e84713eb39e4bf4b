import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import type { RunEvent, WatchbillEvents } from "./events.js";

/** What to do at the stages of a run. `start` and `end` are around its synchronous part, the other two around the rest. */
export interface RunObserver {
  readonly start?: (event: RunEvent) => void;
  readonly end?: (event: RunEvent) => void;
  readonly asyncStart?: (event: RunEvent) => void;
  readonly asyncEnd?: (event: RunEvent) => void;
  /** It has failed; before the last of the others. */
  readonly error?: (event: RunEvent) => void;
}

/**
 * Calls back whenever an event is published on a channel of this library; returns how to stop that. The same as `subscribe` of
 * `node:diagnostics_channel`, with types. The callback is called in the midst of things: it should be quick, and what it throws becomes
 * an uncaught exception of the process.
 */
export function observe(name: "watchbill:run", observer: RunObserver): () => void;
export function observe<Name extends keyof WatchbillEvents>(
  name: Name,
  listener: (event: WatchbillEvents[Name]) => void,
): () => void;
export function observe(
  name: "watchbill:run" | keyof WatchbillEvents,
  observer: RunObserver | ((event: never) => void),
): () => void {
  if (typeof observer === "function") {
    // Only EventChannel publishes under these names, and its types are those of the map.
    const told = (message: unknown): void => observer(message as never);
    subscribe(name, told);
    return () => unsubscribe(name, told);
  }
  const channel = tracingChannel<unknown, RunEvent>(name);
  const ignore = (): void => {};
  const { start = ignore, end = ignore, asyncStart = ignore, asyncEnd = ignore, error = ignore } = observer;
  const subscribers = { start, end, asyncStart, asyncEnd, error };
  channel.subscribe(subscribers);
  return () => {
    channel.unsubscribe(subscribers);
  };
}
