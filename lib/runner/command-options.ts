import { checkOptions } from "../errors/check-options.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { showUnlessText } from "../errors/show-value.js";
import { channels } from "../events/channels.js";
import type { CommandEvent } from "../events/events.js";
import type { Logger } from "../runtime/logger.js";
import { WorkerLogger } from "../runtime/worker-logger.js";

/** Who gives a command, and why: for the log, the channel `watchbill:command`, and the status of a paused worker. */
export interface CommandOptions {
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}

/** @throws InvalidArgumentError if an option is not a text, or does not exist */
export function checkCommandOptions(command: CommandEvent["command"], options: CommandOptions): CommandOptions {
  const checked = checkOptions(command, options, ["by", "reason"]);
  for (const [option, value] of Object.entries(checked)) {
    if (typeof value !== "string")
      throw new InvalidArgumentError(`The option ${option} of ${command} is ${showUnlessText(value)}: pass a string`);
  }
  return checked;
}

const verbs = {
  trigger: "triggered",
  pause: "paused",
  resume: "resumed",
  restart: "restarted",
  add: "added",
  remove: "removed",
} as const;

/** Publishes a command, and logs it if its caller has said who gives it or why. */
export function publishCommand(
  worker: string,
  command: CommandEvent["command"],
  { by, reason }: CommandOptions,
  logger: Logger,
): void {
  if (channels.command.isObserved) channels.command.publish({ worker, command, by, reason });
  if (by === undefined && reason === undefined) return;
  const author = by === undefined ? "" : ` by ${by}`;
  const why = reason === undefined ? "" : `: ${reason}`;
  new WorkerLogger(logger, worker).info({ command, by, reason }, `${verbs[command]}${author}${why}`);
}
