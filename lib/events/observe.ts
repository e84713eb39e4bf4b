import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import type { RunEvent, WatchbillEvents } from "./events.js";

/** What to do at the stages of a run, each of which comes once, whether the run is synchronous or not. */
export interface RunObserver {
  readonly start?: (event: RunEvent) => void;
  /** It has failed; before its end. */
  readonly error?: (event: RunEvent) => void;
  /** It has ended: the event has its outcome. */
  readonly end?: (event: RunEvent) => void;
  /** The same as `end`, under the name that it has on a tracing channel of Node. */
  readonly asyncEnd?: (event: RunEvent) => void;
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
    const listener = (message: unknown): void => observer(message as never);
    subscribe(name, listener);
    return () => unsubscribe(name, listener);
  }
  const ignore = (): void => {};
  const { start = ignore, error = ignore, end = ignore, asyncEnd = ignore } = observer;
  const ended = (event: RunEvent): void => {
    // Node's channel has an `end` for the synchronous part of an asynchronous run too.
    if (event.outcome === undefined) return;
    end(event);
    asyncEnd(event);
  };
  const channel = tracingChannel<unknown, RunEvent>(name);
  const subscribers = { start, error, end: ended, asyncStart: ignore, asyncEnd: ended };
  channel.subscribe(subscribers);
  return () => {
    channel.unsubscribe(subscribers);
  };
}
