import { WatchbillError } from "../index.js";

/** The exit codes of the command `watchbill`. A command that a signal ends has 128 + the number of the signal. */
export const exitCodes = {
  ok: 0,
  /** A run or a worker has failed, or a worker has refused a command. */
  failed: 1,
  /** The command line is not valid: an unknown command, option or worker, or a file that does not exist. */
  usage: 2,
  /** The module cannot be loaded, or there is a problem with what it declares. */
  problems: 3,
  /** The process cannot be reached, or does not answer this user. */
  unreachable: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command: the message is printed to stderr, without a stack. */
export class CommandError extends WatchbillError {
  static {
    this.prototype.name = "CommandError";
  }

  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
