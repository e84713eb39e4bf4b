import type { Command } from "../dashboard/dashboard.js";
import { exitCodes } from "./exit-codes.js";
import { findRemote, type RemoteOptions } from "./remote.js";
import { printable } from "./table.js";
import type { Terminal } from "./terminal.js";

export interface ControlOptions extends RemoteOptions {
  readonly reason?: string | undefined;
  readonly json?: boolean | undefined;
}

const done: Readonly<Record<Command, string>> = {
  trigger: "triggered",
  pause: "paused",
  resume: "resumed",
  restart: "restarted",
};

/** Sends a command to the workers of a running process whose names match a pattern. Says what was accepted, and what was not. */
export async function control(
  command: Command,
  patterns: readonly string[],
  options: ControlOptions,
  terminal: Terminal,
): Promise<number> {
  const remote = await findRemote(options, terminal.env);
  const { workers, refused } = await remote.send(command, patterns, options.reason);
  if (options.json === true) terminal.printJson({ command, workers, refused });
  else {
    for (const worker of workers) terminal.print(`${done[command]} ${printable(worker)}`);
    for (const { worker, error } of refused)
      terminal.complain(`${printable(worker)} was not ${done[command]}: ${printable(error)}`);
  }
  return refused.length > 0 ? exitCodes.failed : exitCodes.ok;
}
