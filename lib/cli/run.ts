import type { IncomingMessage } from "node:http";
import { userInfo } from "node:os";
import { type Dashboard, dashboard, userSocket } from "../dashboard/dashboard.js";
import { type Logger, type Runner, runAllWorkers, WatchbillError } from "../index.js";
import { exitCodes } from "./exit-codes.js";
import { runsItself } from "./load-module.js";
import { loadWorkers } from "./module-workers.js";
import { onStopSignals } from "./stop-signals.js";
import { printable } from "./table.js";
import type { Terminal } from "./terminal.js";

export interface RunOptions {
  readonly only?: readonly string[] | undefined;
  readonly except?: readonly string[] | undefined;
  /** The port of the page. */
  readonly dashboard?: number | undefined;
  /** Whether the other commands reach this process by a socket. */
  readonly socket: boolean;
}

/**
 * Runs the workers of a module until they are stopped by SIGINT or SIGTERM, with a socket for the other commands.
 * @param args of the module, in its `process.argv`
 */
export async function run(module: string, args: readonly string[], options: RunOptions, terminal: Terminal): Promise<number> {
  const { only, except } = options;
  const { runner, wasStarted } = await loadWorkers(module, {
    only,
    except,
    args,
    limit: Number.POSITIVE_INFINITY,
    mayExit: true,
  });
  if (wasStarted) throw runsItself(module);
  const stopped = new AbortController();
  const serving = serve(runner, options, stopped.signal, terminal);
  try {
    await runUntilStopped(runner, terminal);
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof WatchbillError)) throw error;
    terminal.complain(error.message);
    return exitCodes.failed;
  } finally {
    stopped.abort();
    await serving;
  }
}

async function runUntilStopped(runner: Runner, terminal: Terminal): Promise<void> {
  if (terminal.closed.aborted) return;
  // Its outcome is that of run().
  const stop = (): void => void runner.stop().catch(() => {});
  terminal.closed.addEventListener("abort", stop);
  // A runner may be set to ignore signals.
  const unsubscribe = onStopSignals(["SIGINT", "SIGTERM"], stop);
  try {
    await runner.run();
  } finally {
    unsubscribe();
    terminal.closed.removeEventListener("abort", stop);
  }
}

/** Serves the dashboard beside the runner, so that it can be reached until the last worker has stopped. Never rejects. */
async function serve(runner: Runner, options: RunOptions, signal: AbortSignal, terminal: Terminal): Promise<void> {
  const { socket, dashboard: port } = options;
  // A dashboard keeps a history, which costs something.
  if (!socket && port === undefined) return;
  const page = dashboard(runner, { by: authorOf });
  const listeners = [
    ...(socket ? [listenOnSocket(page, signal, terminal)] : []),
    ...(port === undefined ? [] : [runAllWorkers([page.listen({ port })], { signal })]),
  ];
  await Promise.allSettled(listeners);
}

/** Without a socket, the workers run all the same. */
async function listenOnSocket(page: Dashboard, signal: AbortSignal, terminal: Terminal): Promise<void> {
  const warn = (details: object | string, message?: string): void =>
    terminal.complain(`the socket for the command watchbill: ${printable(message ?? JSON.stringify(details))}`);
  const logger: Logger = { debug: () => {}, info: () => {}, warn, error: warn };
  try {
    await runAllWorkers([page.listen({ path: userSocket(), name: "socket" })], { signal, logger });
  } catch (error) {
    warn({}, error instanceof Error ? error.message : String(error));
  }
}

/** On the socket, a command is of the user of this process; on the page, it is of anyone who can reach it. */
function authorOf(_request: Request, incoming: IncomingMessage | undefined): string {
  // A Unix socket has no addresses.
  if (incoming?.socket.remoteAddress !== undefined) return "dashboard";
  try {
    return userInfo().username;
  } catch {
    // In a container, a user may have no name.
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}
