import { EventChannel } from "./event-channel.js";

/** Kept here forever: Node forgets a channel without a reference, and its subscribers. */
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
  command: new EventChannel("watchbill:command"),
} as const;
