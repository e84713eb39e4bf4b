import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, isIP } from "node:net";
import { isMainThread } from "node:worker_threads";
import { DeclarativeWorker, ExponentialBackoff, InvalidArgumentError, stopped, type WorkerContext } from "../index.js";

/** Where the dashboard listens: on a port, `9090` on `127.0.0.1` by default, or on a Unix socket. */
export interface ListenOptions {
  /** `9090` by default. `0` is a free port. */
  readonly port?: number | undefined;
  /** `"127.0.0.1"` by default. Any other than a loopback address needs a `token` or `authorize`. */
  readonly host?: string | undefined;
  /** The path of a Unix socket, which only the user of the process may open. */
  readonly path?: string | undefined;
  /** The name of the worker; `"dashboard"` by default. */
  readonly name?: string | undefined;
}

export type RequestHandler = (incoming: IncomingMessage, response: ServerResponse) => void;

/** After how long without data a connection is closed, in ms. */
const idleTimeout = 60_000;

/** After so many requests a client has to connect again. */
const maxRequests = 1_000;

/** How long requests may take to end when the server stops, in ms. */
const timeToFinish = 500;

/** What the dashboard does when a server of it starts and stops. */
export interface ListenerHooks {
  /** @param checksHost whether only a loopback host may be named in a request, since every request may do everything */
  handler(checksHost: boolean): RequestHandler;
  onStart(url: string, context: WorkerContext): void;
  /** Called before the connections are closed: ends what never ends. */
  onStop(url: string): void;
}

/**
 * Returns a worker that serves the dashboard until it is stopped. If it fails, because the port is taken for example, it is
 * retried, and the other workers go on.
 * @throws InvalidArgumentError if the options are malformed, or if every host of the network could send commands
 */
export function listenerWorker(options: ListenOptions, isOpen: boolean, hooks: ListenerHooks): DeclarativeWorker {
  const { port, host, path, name } = checkListenOptions(options, isOpen);
  return new DeclarativeWorker({
    name,
    retry: new ExponentialBackoff({ initial: "1s", max: "1m" }),
    worker: async (context: WorkerContext) => {
      const server = createServer(hooks.handler(isOpen && path === undefined));
      // A slow client must not hold a connection without a complete request.
      server.headersTimeout = 10_000;
      server.requestTimeout = 10_000;
      // A client that does not read loses its connection; the events of a stream come more often.
      server.timeout = idleTimeout;
      server.maxRequestsPerSocket = maxRequests;
      onPipelining(server);
      if (path === undefined) await listen(server, { port, host });
      else await listenOnSocket(server, path);
      const url = path === undefined ? urlOf(server, host) : `unix:${path}`;
      context.logger.info(`listening on ${url}`);
      hooks.onStart(url, context);
      try {
        await Promise.race([stopped(context.signal), failureOf(server)]);
      } finally {
        const closed = close(server);
        hooks.onStop(url);
        await closed;
      }
    },
  });
}

function checkListenOptions(
  options: ListenOptions,
  isOpen: boolean,
): { port: number; host: string; path?: string; name: string } {
  for (const key of Object.keys(options))
    if (!["port", "host", "path", "name"].includes(key))
      throw new InvalidArgumentError(`listen has no option "${key}": use port, host, path and name`);
  const { port, host, path, name = "dashboard" } = options;
  if (path !== undefined) {
    if (typeof path !== "string" || path === "") throw new InvalidArgumentError("path is not a path: use that of a Unix socket");
    if (port !== undefined || host !== undefined)
      throw new InvalidArgumentError("listen has both a path and a port or host: use one of them");
    return { port: 0, host: "", path, name };
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
    throw new InvalidArgumentError(`port is ${String(port)}: use an integer from 0 to 65535`);
  if (host !== undefined && (typeof host !== "string" || host === ""))
    throw new InvalidArgumentError('host is not a host name: use a string such as "127.0.0.1"');
  if (isOpen && host !== undefined && !isLoopback(host)) {
    throw new InvalidArgumentError(
      `listen would let everybody in the network control the workers on ${host}: pass authorize or a token to dashboard(), or leave host out`,
    );
  }
  return { port: port ?? 9090, host: host ?? "127.0.0.1", name };
}

/** Whether a host can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (isIP(address) === 4) return address.startsWith("127.");
  return address === "::1" || address === "localhost" || address.endsWith(".localhost");
}

/** The host that a request names, without its port. */
export function hostOf({ headers }: IncomingMessage): string {
  return (headers.host ?? "").replace(/:\d*$/, "");
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}/`;
}

function listen(server: Server, where: { port: number; host: string } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Replaces a socket that a process has left behind, but not one that is in use, nor another file. */
async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (await isStaleSocket(path)) unlinkSync(path);
  // The mode must hold from the beginning: another user could connect between `listen` and `chmod`. A thread cannot set the mask.
  const mask = isMainThread ? process.umask(0o177) : undefined;
  let listening: Promise<void>;
  try {
    // The socket is created before this returns.
    listening = listen(server, { path });
  } finally {
    if (mask !== undefined) process.umask(mask);
  }
  await listening;
  chmodSync(path, 0o600);
}

async function isStaleSocket(path: string): Promise<boolean> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isSocket()) return false;
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    // Any other error, such as that of a queue of connections that is full, is that of a process which lives.
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
}

/**
 * Closes a connection that sends a request before the last one has been answered, as no browser does: the answers would pile up
 * in memory if they are not read.
 */
function onPipelining(server: Server): void {
  const busy = new WeakSet<object>();
  server.prependListener("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (busy.has(socket)) {
      socket.destroy();
      return;
    }
    busy.add(socket);
    response.once("close", () => busy.delete(socket));
  });
}

function failureOf(server: Server): Promise<never> {
  return new Promise((_, reject) => {
    server.on("error", reject);
  });
}

/** Closes the server and its idle connections at once, and the others when their requests have ended, or soon. */
async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => {
    server.close(resolve);
  });
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), timeToFinish);
  await closed;
  clearTimeout(timer);
}
