import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import type { RunEvent, WatchbillEvents } from "./events.js";

/** Callbacks for the stages of a run. Each stage is published once, whether the run is synchronous or asynchronous. */
export interface RunObserver {
  readonly start?: (event: RunEvent) => void;
  /** Called when the run has failed, before `end`. */
  readonly error?: (event: RunEvent) => void;
  /** Called when the run has ended: the event has an outcome. */
  readonly end?: (event: RunEvent) => void;
  /** Called with `end`; the name of this stage on a tracing channel of Node. */
  readonly asyncEnd?: (event: RunEvent) => void;
}

/**
 * Calls a listener for every event on a channel of this library, and returns a function that unsubscribes it. This is `subscribe`
 * of `node:diagnostics_channel`, with types. The listener is called synchronously, in the middle of a transition: it should be
 * fast, and an error that it throws becomes an uncaught exception of the process.
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
    // Only EventChannel publishes under these names, with the types of WatchbillEvents.
    const listener = (message: unknown): void => observer(message as never);
    subscribe(name, listener);
    return () => unsubscribe(name, listener);
  }
  const ignore = (): void => {};
  const { start = ignore, error = ignore, end = ignore, asyncEnd = ignore } = observer;
  const onEnd = (event: RunEvent): void => {
    // Node's channel also publishes `end` after the synchronous part of an asynchronous run.
    if (event.outcome === undefined) return;
    end(event);
    asyncEnd(event);
  };
  const channel = tracingChannel<unknown, RunEvent>(name);
  const subscribers = { start, error, end: onEnd, asyncStart: ignore, asyncEnd: onEnd };
  channel.subscribe(subscribers);
  return () => {
    channel.unsubscribe(subscribers);
  };
}
