import type { IncomingMessage, ServerResponse } from "node:http";
import { type DeclarativeWorker, type Duration, InvalidArgumentError, type Logger, milliseconds, Runner } from "../index.js";
import { AccessControl, type Authorize } from "./access.js";
import { type ListenOptions, listenerWorker } from "./listener.js";
import type { MetricsRegistry } from "./request-handler.js";
import { RequestHandler } from "./request-handler.js";

export type { Access, Authorize } from "./access.js";
export type { Command, Detail, Row, Status, Strip, StripRun, Update } from "./api.js";
export type { ListenOptions } from "./listener.js";
export type { MetricsRegistry } from "./request-handler.js";
export { userSocket, userSocketFolder } from "./user-socket.js";

export interface DashboardOptions {
  /** Decides what a request may do. Called for each request, those for files and health checks included. */
  readonly authorize?: Authorize | undefined;
  /** A secret of at least 16 characters, which allows everything. Sent as `Authorization: Bearer`, or once as `?token=`. */
  readonly token?: string | undefined;
  /** The registry of `prom-client` that `metrics` serves. */
  readonly registry?: MetricsRegistry | undefined;
  /** How many bytes the history of all workers may take. 16 MiB by default. */
  readonly historyBytes?: number | undefined;
  /** How long a worker may fail before `readyz` answers 503. `"5m"` by default. */
  readonly readyAfter?: Duration | undefined;
  /** Names the author of a command, for the log and the status. `"dashboard"` by default. */
  readonly by?: ((request: Request, incoming: IncomingMessage | undefined) => string) | undefined;
  /** Receives what goes wrong while a request is answered. By default, that of the worker that listens, or `console`. */
  readonly logger?: Logger | undefined;
}

/** A live page of the workers of a runner, with an API. The methods may be detached. */
export interface Dashboard {
  /** Answers a request of the fetch API: for Hono, Bun, Deno, or Next. Never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Answers a request of Node's server: for `node:http`, Express, Fastify, or Nest. */
  readonly node: (incoming: IncomingMessage, response: ServerResponse) => void;
  /**
   * Returns a worker that serves the page, for `runner.add` or `bootstrap`.
   * @throws InvalidArgumentError if the options are malformed, or the host is not a loopback address and there is neither
   * `authorize` nor a `token`
   */
  readonly listen: (options?: ListenOptions) => DeclarativeWorker;
  /** Where {@link listen} listens; undefined while it does not. */
  readonly url: string | undefined;
  /** How many viewers are connected to `api/events`. */
  readonly viewers: number;
  /** Ends all streams, and drops the history and the subscriptions. Requests that come later are answered with 503. */
  readonly close: () => void;
}

/**
 * Creates a dashboard for the workers of a runner and of the runners within it. Keeps the history of their runs from now on, in
 * memory, until it is closed.
 * @throws InvalidArgumentError if an option is malformed or does not exist
 */
export function dashboard(runner: Runner, options: DashboardOptions = {}): Dashboard {
  const { authorize, token, registry, historyBytes, readyAfter, by, logger } = checkOptions(runner, options);
  const access = new AccessControl(authorize, token);
  const handler = new RequestHandler(runner, access, { registry, historyBytes, readyAfter, by, logger });
  return {
    fetch: (request) => handler.respond(request),
    node: (incoming, response) => void handler.respondInNode(incoming, response),
    listen: (where = {}) => handler.register(listenerWorker(where, access.isOpen, handler)),
    get url() {
      return handler.url;
    },
    get viewers() {
      return handler.viewers;
    },
    close: () => handler.close(),
  };
}

const optionNames: readonly string[] = ["authorize", "token", "registry", "historyBytes", "readyAfter", "by", "logger"];

const shortestToken = 16;
const fewestBytes = 65_536;

type CheckedOptions = DashboardOptions & { readonly historyBytes: number; readonly readyAfter: number };

function checkOptions(runner: Runner, options: DashboardOptions): CheckedOptions {
  if (!(runner instanceof Runner))
    throw new InvalidArgumentError("The first argument of dashboard is not a runner: pass that of bootstrap()");
  for (const key of Object.keys(options))
    if (!optionNames.includes(key))
      throw new InvalidArgumentError(`dashboard has no option "${key}": use ${optionNames.join(", ")}`);
  const { authorize, token, by, historyBytes = 16 * 1024 * 1024, readyAfter = "5m" } = options;
  for (const [name, value] of Object.entries({ authorize, by }))
    if (value !== undefined && typeof value !== "function")
      throw new InvalidArgumentError(`${name} is a ${typeof value}: pass a function`);
  if (token !== undefined && (typeof token !== "string" || token.length < shortestToken || !/^[!-~]+$/.test(token)))
    throw new InvalidArgumentError(
      `token cannot be sent in a header, or is too easy to guess: use at least ${shortestToken} ASCII characters without blanks`,
    );
  if (!Number.isInteger(historyBytes) || historyBytes < fewestBytes)
    throw new InvalidArgumentError(`historyBytes is ${String(historyBytes)}: use an integer of at least ${fewestBytes}`);
  return { ...options, historyBytes, readyAfter: parseReadyAfter(readyAfter) };
}

function parseReadyAfter(readyAfter: Duration): number {
  try {
    return milliseconds(readyAfter);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new InvalidArgumentError(`readyAfter: ${error.message}`);
  }
}
