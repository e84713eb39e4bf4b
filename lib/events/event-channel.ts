import { type Channel, channel } from "node:diagnostics_channel";
import type { WatchbillEvents } from "./events.js";

/**
 * A channel on which one kind of event is published. Ask {@link isObserved} before making an event: nothing is to be allocated
 * while nobody listens.
 */
export class EventChannel<Name extends keyof WatchbillEvents> {
  readonly #channel: Channel;

  constructor(name: Name) {
    this.#channel = channel(name);
  }

  get isObserved(): boolean {
    return this.#channel.hasSubscribers;
  }

  /** What a listener throws becomes an uncaught exception on the next tick, and disturbs nobody here. */
  publish(event: WatchbillEvents[Name]): void {
    this.#channel.publish(event);
  }
}
