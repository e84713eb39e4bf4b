import { type Channel, channel } from "node:diagnostics_channel";
import type { WatchbillEvents } from "./events.js";

/**
 * A diagnostics channel for one kind of event. Check {@link isObserved} before creating an event: nothing must be allocated while
 * there are no listeners.
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
   * Calls the listeners. Never throws: an error that a listener throws becomes an uncaught exception on the next tick, as in
   * Node. So does an error of the channel itself, if an APM agent or another runtime has replaced it.
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

/**
 * The plain channels of the library. Referenced here because Node garbage-collects a channel that is not, with its subscribers.
 */
export const channels = {
  start: new EventChannel("watchbill:start"),
  exit: new EventChannel("watchbill:exit"),
  restart: new EventChannel("watchbill:restart"),
  retry: new EventChannel("watchbill:retry"),
  timeout: new EventChannel("watchbill:timeout"),
  missed: new EventChannel("watchbill:missed"),
  health: new EventChannel("watchbill:health"),
  stop: new EventChannel("watchbill:stop"),
  hung: new EventChannel("watchbill:hung"),
  lease: new EventChannel("watchbill:lease"),
  late: new EventChannel("watchbill:late"),
  command: new EventChannel("watchbill:command"),
} as const;
