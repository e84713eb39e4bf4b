import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import type { Command, Status } from "../dashboard/dashboard.js";
import { CommandError, exitCodes } from "./exit-codes.js";
import { checkSocket, findSockets } from "./sockets.js";
import { formatTable, printable } from "./table.js";

/** Which process a command talks to: by default, the only one of this user. */
export interface RemoteOptions {
  /** The path of its Unix socket. */
  readonly socket?: string | undefined;
  /** The URL of its dashboard. */
  readonly url?: string | undefined;
  /** The token of its dashboard. `WATCHBILL_TOKEN` by default. Never printed. */
  readonly token?: string | undefined;
}

/** What the dashboard answers to a command. */
export interface CommandResult {
  readonly workers: readonly string[];
  readonly refused: readonly { readonly worker: string; readonly error: string }[];
}

/** An event of `api/events`. */
export interface RemoteEvent {
  readonly event: string;
  readonly data: unknown;
}

/** How long a process may take to answer, in ms. */
const longestAnswer = 10_000;

/**
 * Finds the process to talk to.
 * @throws CommandError if there is none, or several and none was chosen
 */
export async function findRemote(options: RemoteOptions, env: NodeJS.ProcessEnv): Promise<Remote> {
  const remote = chosenRemote(options, env);
  if (remote !== undefined) return remote;
  const sockets = await findSockets();
  const [first] = sockets;
  if (first === undefined) throw new CommandError(exitCodes.unreachable, noProcess);
  if (sockets.length === 1) return Remote.atSocket(first.path, tokenOf(options, env));
  const list = formatTable(sockets.map(({ pid, path }) => ["  pid", String(pid), `--socket ${path}`]));
  throw new CommandError(exitCodes.usage, `${sockets.length} processes of this user have a socket: choose one\n${list}`);
}

/** The process that the options name; undefined if they name none. */
export function chosenRemote(options: RemoteOptions, env: NodeJS.ProcessEnv): Remote | undefined {
  const { socket, url } = options;
  if (socket !== undefined && url !== undefined)
    throw new CommandError(exitCodes.usage, "--socket and --url name two processes: pass one of them");
  if (url !== undefined) return Remote.atUrl(url, tokenOf(options, env));
  if (socket === undefined) return undefined;
  checkSocket(socket);
  return Remote.atSocket(socket, tokenOf(options, env));
}

const noProcess =
  "No process of this user has a socket: start it with watchbill run, add " +
  "dashboard(runner).listen({ path: userSocket() }) of watchbill/dashboard to it, or pass --url with the URL of its dashboard";

/** The token of the options, else that of the environment. */
export function tokenOf({ token }: RemoteOptions, { WATCHBILL_TOKEN = "" }: NodeJS.ProcessEnv): string | undefined {
  return token ?? (WATCHBILL_TOKEN === "" ? undefined : WATCHBILL_TOKEN);
}

/** A process whose dashboard answers. */
export class Remote {
  /** For messages: without secrets. */
  readonly name: string;
  readonly #base: URL;
  readonly #socketPath: string | undefined;
  readonly #token: string | undefined;

  private constructor(name: string, base: URL, socketPath: string | undefined, token: string | undefined) {
    this.name = name;
    this.#base = base;
    this.#socketPath = socketPath;
    this.#token = token;
  }

  static atSocket(path: string, token?: string): Remote {
    return new Remote(printable(path), new URL("http://localhost/"), path, token);
  }

  /** @throws CommandError if it is not the URL of a dashboard */
  static atUrl(text: string, token?: string): Remote {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    // The text itself may have a secret in it.
    if (url?.protocol !== "http:" && url?.protocol !== "https:")
      throw new CommandError(exitCodes.usage, "--url is not the URL of a dashboard: use one such as http://127.0.0.1:9090/");
    // The page itself accepts its token so.
    const inQuery = url.searchParams.get("token") ?? undefined;
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return new Remote(`${url.origin}${url.pathname}`, url, undefined, token ?? inQuery);
  }

  /** The status of all workers. */
  async status(): Promise<Status> {
    const status = await this.#json("GET", "api/status");
    if (isStatus(status)) return status;
    throw this.#isNotDashboard();
  }

  /**
   * Sends a command to all workers whose name matches a pattern.
   * @throws CommandError if no worker matches
   */
  async send(command: Command, patterns: readonly string[], reason: string | undefined): Promise<CommandResult> {
    const params = new URLSearchParams();
    for (const pattern of patterns) params.append("match", pattern);
    if (reason !== undefined) params.set("reason", reason);
    const result = await this.#json("POST", `api/commands/${command}?${params.toString()}`);
    if (isCommandResult(result)) return result;
    throw this.#isNotDashboard();
  }

  /** The events of `api/events`, until the process or the signal ends them. */
  async *events(signal: AbortSignal): AsyncGenerator<RemoteEvent> {
    const response = await this.#request("GET", "api/events", signal).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (response === undefined) return;
    if (response.statusCode !== 200) await this.#refuse(response);
    if (response.headers["content-type"]?.startsWith("text/event-stream") !== true) {
      response.destroy();
      throw this.#isNotDashboard();
    }
    response.setEncoding("utf8");
    let rest = "";
    try {
      for await (const chunk of response) {
        rest += String(chunk);
        const messages = rest.split("\n\n");
        rest = messages.pop() ?? "";
        for (const message of messages) {
          const event = /^event: (.*)$/m.exec(message)?.[1];
          const data = /^data: (.*)$/m.exec(message)?.[1];
          if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) };
        }
      }
    } catch (error) {
      // The connection was lost, or the signal has ended it.
      if (!(error instanceof Error && "code" in error)) throw error;
    }
  }

  async #json(method: string, path: string): Promise<unknown> {
    const response = await this.#request(method, path, AbortSignal.timeout(longestAnswer));
    if ((response.statusCode ?? 0) >= 300) await this.#refuse(response);
    const body = await text(response);
    try {
      return JSON.parse(body);
    } catch {
      throw this.#isNotDashboard();
    }
  }

  #request(method: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const headers: Record<string, string> = { "x-watchbill": "1" };
    if (this.#token !== undefined) headers.authorization = `Bearer ${this.#token}`;
    const url = new URL(path, this.#base);
    const start = url.protocol === "https:" ? httpsRequest : httpRequest;
    const socketPath = this.#socketPath === undefined ? {} : { socketPath: this.#socketPath };
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(this.#isUnreachable(signal.aborted ? "it does not answer" : error.message));
      try {
        start(url, { method, headers, signal, agent: false, ...socketPath }, resolve)
          .on("error", fail)
          .end();
      } catch {
        // A token with a line break, for example, cannot be sent; the error of Node shows it.
        reject(new CommandError(exitCodes.usage, "The token or the URL cannot be sent: check both for blanks and line breaks"));
      }
    });
  }

  /** @throws CommandError in any case */
  async #refuse(response: IncomingMessage): Promise<never> {
    const status = response.statusCode ?? 0;
    const error = errorIn(await text(response));
    if (status === 401)
      throw new CommandError(
        exitCodes.unreachable,
        `${this.name} needs a token, or another one: set WATCHBILL_TOKEN, or pass --token`,
      );
    if (error === undefined) throw this.#isNotDashboard(` (HTTP ${status})`);
    throw new CommandError(status === 404 ? exitCodes.usage : status === 403 ? exitCodes.unreachable : exitCodes.failed, error);
  }

  #isUnreachable(why: string): CommandError {
    return new CommandError(exitCodes.unreachable, `${this.name} cannot be reached: ${printable(why)}`);
  }

  #isNotDashboard(detail = ""): CommandError {
    return new CommandError(
      exitCodes.unreachable,
      `${this.name} does not answer as a dashboard of watchbill${detail}: pass the URL at which its page is`,
    );
  }
}

function errorIn(body: string): string | undefined {
  try {
    const { error }: { error?: unknown } = JSON.parse(body);
    return typeof error === "string" ? printable(error) : undefined;
  } catch {
    return undefined;
  }
}

export function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "workers" in value && Array.isArray(value.workers) && "process" in value;
}

function isCommandResult(value: unknown): value is CommandResult {
  return typeof value === "object" && value !== null && "workers" in value && "refused" in value && Array.isArray(value.refused);
}
