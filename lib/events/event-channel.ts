import { type Channel, channel } from "node:diagnostics_channel";
import type { WatchbillEvents } from "./events.js";

/**
 * A channel for one kind of event. Check {@link isObserved} before you create an event, so that nothing is allocated without
 * listeners.
 */
export class EventChannel<Name extends keyof WatchbillEvents> {
  readonly #channel: Channel;

  constructor(name: Name) {
    this.#channel = channel(name);
  }

  get isObserved(): boolean {
    return this.#channel.hasSubscribers;
  }

  /**
   * Calls the listeners. Never throws: an error of a listener becomes an uncaught exception on the next tick, as in Node. So does
   * an error of the channel itself, which an APM agent or another runtime may have replaced.
   */
  publish(event: WatchbillEvents[Name]): void {
    try {
      this.#channel.publish(event);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }
}
