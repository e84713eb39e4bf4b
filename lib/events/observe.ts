import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import type { RunEvent, WatchbillEvents } from "./events.js";

/** Callbacks for the stages of a run. Each is called once, for synchronous and asynchronous runs. */
export interface RunObserver {
  readonly start?: (event: RunEvent) => void;
  /** Called when the run has failed, before `end`. */
  readonly error?: (event: RunEvent) => void;
  /** Called when the run has ended; the event has its outcome. */
  readonly end?: (event: RunEvent) => void;
  /** The same as `end`, under the name that it has on a tracing channel of Node. */
  readonly asyncEnd?: (event: RunEvent) => void;
}

/**
 * Calls back whenever an event is published on a channel of this library; returns a function that stops that. The same as
 * `subscribe` of `node:diagnostics_channel`, with types. The callback is called synchronously, so it should be fast; an error
 * that it throws becomes an uncaught exception of the process. Commands that it calls are carried out when the change that was
 * published is over.
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
