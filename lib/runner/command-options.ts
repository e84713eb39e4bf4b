import { checkOptions } from "../errors/check-options.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { cutText, showUnlessText } from "../errors/show-value.js";
import { channels } from "../events/channels.js";
import type { CommandEvent } from "../events/events.js";
import type { Subject } from "../runtime/problem-log.js";
import { WorkerLogger } from "../runtime/worker-logger.js";

/**
 * Who gives a command, and why: for the log, the channel `watchbill:command`, and the status of a paused worker. Each is a text
 * that is not blank. It becomes one line: line breaks and control characters become spaces, and it is cut after 500 characters.
 */
export interface CommandOptions {
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}

const longestText = 500;

/**
 * The options as they are logged, published and shown, so that a text from elsewhere can neither forge an entry nor fill the log.
 * @throws InvalidArgumentError if an option is not a text, or blank, or does not exist
 */
export function checkCommandOptions(command: CommandEvent["command"], options: CommandOptions): CommandOptions {
  const { by, reason } = checkOptions(command, options, ["by", "reason"]);
  return { by: checkText(command, "by", by), reason: checkText(command, "reason", reason) };
}

function checkText(command: CommandEvent["command"], option: keyof CommandOptions, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const subject = `The option ${option} of ${command}`;
  if (typeof value !== "string") throw new InvalidArgumentError(`${subject} is ${showUnlessText(value)}: pass a string`);
  const text = oneLine(value);
  if (text === "") throw new InvalidArgumentError(`${subject} is blank: pass a text, or leave it out`);
  return cutText(text, longestText);
}

/** Also without the characters that reverse the direction of what follows. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028-\u202e\u2066-\u2069]+/gu, " ").trim();
}

const verbs = {
  trigger: "triggered",
  pause: "paused",
  resume: "resumed",
  restart: "restarted",
  add: "added",
  remove: "removed",
} as const;

/**
 * Publishes a command that changes something, and logs it if its caller has said who gives it or why. To be called before the
 * events that it causes.
 */
export function publishCommand(
  { name, logger }: Subject,
  command: CommandEvent["command"],
  { by, reason }: CommandOptions,
): void {
  if (channels.command.isObserved) channels.command.publish({ worker: name, command, by, reason });
  if (by === undefined && reason === undefined) return;
  const author = by === undefined ? "" : ` by ${by}`;
  const why = reason === undefined ? "" : `: ${reason}`;
  new WorkerLogger(logger, name).info({ command, by, reason }, `${verbs[command]}${author}${why}`);
}
