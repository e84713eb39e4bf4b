import { type Channel, channel } from "node:diagnostics_channel";
import type { WatchbillEvents } from "./events.js";

/**
 * A channel on which one kind of event is published. Ask {@link isObserved} before making an event: nothing is to be allocated
 * while there are no listeners.
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
   * Calls the listeners. Never throws: what a listener throws becomes an uncaught exception on the next tick, as Node does it; so
   * does what the channel itself throws, if an APM agent or another runtime has put something else in its place.
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
