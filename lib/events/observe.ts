import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { WatchbillEvents } from "./events.js";

/**
 * Calls back whenever an event is published on a channel of this library; returns how to stop that. The same as `subscribe` of
 * `node:diagnostics_channel`, with types. The callback is called in the midst of things: it should be quick, and what it throws becomes
 * an uncaught exception of the process.
 */
export function observe<Name extends keyof WatchbillEvents>(
  name: Name,
  listener: (event: WatchbillEvents[Name]) => void,
): () => void {
  // Only EventChannel publishes under these names, and its types are those of the map.
  const told = (message: unknown): void => listener(message as WatchbillEvents[Name]);
  subscribe(name, told);
  return () => unsubscribe(name, told);
}
