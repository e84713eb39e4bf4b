import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { type DeclarativeWorker, type Logger, Runner, type WorkerContext } from "../index.js";
import type { AccessControl, Rights } from "./access.js";
import type { Detail, Status, Strip } from "./api.js";
import { Assets } from "./assets.js";
import { Commands, unknownWorker } from "./commands.js";
import { ErrorReport } from "./error-report.js";
import { hostOf, isLoopback, type ListenerHooks } from "./listener.js";
import { LiveWorkers } from "./live-workers.js";
import { respondInNode } from "./node-adapter.js";
import { PlannedTimes } from "./planned-times.js";
import { problemOfReadiness } from "./readiness.js";
import { json, problem, redirect, secured } from "./responses.js";
import { type Route, routeOf } from "./routes.js";
import type { DirectoryEntry } from "./worker-directory.js";

/** A registry of metrics, as that of `prom-client`. */
export interface MetricsRegistry {
  readonly contentType: string;
  metrics(): string | Promise<string>;
}

export interface HandlerOptions {
  readonly registry?: MetricsRegistry | undefined;
  readonly historyBytes: number;
  /** In ms. */
  readonly readyAfter: number;
  readonly by?: ((request: Request, incoming: IncomingMessage | undefined) => string) | undefined;
  readonly logger?: Logger | undefined;
}

const maxStrips = 100;

/** Answers the requests to a dashboard. */
export class RequestHandler implements ListenerHooks {
  readonly #access: AccessControl;
  readonly #options: HandlerOptions;
  readonly #workers: LiveWorkers;
  readonly #commands: Commands;
  readonly #assets = new Assets();
  readonly #planned = new PlannedTimes();
  readonly #errors: ErrorReport;
  /** The code of the workers that serve the dashboard: it is the same in a copy of a worker. */
  readonly #listeners = new Set<unknown>();
  readonly #urls: string[] = [];
  #isClosed = false;

  constructor(runner: Runner, access: AccessControl, options: HandlerOptions) {
    this.#access = access;
    this.#options = options;
    this.#errors = new ErrorReport(options.logger);
    const serves = ({ worker }: DirectoryEntry): boolean => this.#serves(worker);
    this.#workers = new LiveWorkers(runner, options.historyBytes, serves);
    this.#commands = new Commands(this.#workers.directory, serves);
    this.#workers.open();
  }

  close(): void {
    this.#isClosed = true;
    this.#workers.close();
  }

  // Mounts.

  /** Never rejects. */
  async respond(request: Request, incoming?: IncomingMessage): Promise<Response> {
    const isHead = request.method === "HEAD";
    try {
      return secured(await this.#answer(request, incoming), isHead);
    } catch (error) {
      this.#errors.add("a request failed", error);
      return secured(problem(500, "The request failed; the log of the process has the error"), isHead);
    }
  }

  async respondInNode(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await respondInNode(incoming, response, (request) => this.respond(request, incoming));
    } catch (error) {
      this.#errors.add("a response was not sent", error);
      response.destroy();
    }
  }

  /** Marks a worker as one that serves the dashboard. */
  register(listener: DeclarativeWorker): DeclarativeWorker {
    this.#listeners.add(listener.worker);
    return listener;
  }

  /** Whether a worker serves the dashboard, or is a runner with such a worker in it. */
  #serves({ worker }: DeclarativeWorker): boolean {
    if (worker instanceof Runner) return worker.workers.some((inner) => this.#serves(inner));
    return this.#listeners.has(worker);
  }

  handler(checksHost: boolean): (incoming: IncomingMessage, response: ServerResponse) => void {
    return (incoming, response) => {
      // A page of an attacker whose name leads to this machine (DNS rebinding) has the origin of its own requests.
      if (!checksHost || isLoopback(hostOf(incoming))) return void this.respondInNode(incoming, response);
      const refusal = secured(
        problem(403, "The host of the request is not this machine: open the page on 127.0.0.1 or localhost"),
        false,
      );
      void respondInNode(incoming, response, () => Promise.resolve(refusal)).catch(() => response.destroy());
    };
  }

  get url(): string | undefined {
    return this.#urls.at(-1);
  }

  get viewers(): number {
    return this.#workers.viewers;
  }

  onStart(url: string, { logger }: WorkerContext): void {
    this.#urls.push(url);
    this.#errors.listenerLogger = logger;
    if (!this.#isClosed) this.#workers.open();
  }

  /** The history is kept if only the server stops: it may have been restarted. */
  onStop(url: string): void {
    this.#urls.splice(this.#urls.indexOf(url), 1);
    if (this.#urls.length > 0) return;
    if (this.#workers.state === "running") this.#workers.endStreams();
    else this.#workers.close();
  }

  // Requests.

  async #answer(request: Request, incoming: IncomingMessage | undefined): Promise<Response> {
    // Also authorize may read the URL, of which the host is what the client has sent.
    if (!URL.canParse(request.url)) return problem(400, "The host of the request is malformed: send a host and a port in Host");
    const { pathname, searchParams } = new URL(request.url);
    const route = isWithoutSlash(incoming) ?? routeOf(pathname, (name) => this.#workers.directory.get(name) !== undefined);
    // First to the page itself: the cookie for a token is to have the path of the page.
    if (route.kind === "slash" && searchParams.has("token")) return redirect(308, `${route.location}?${searchParams.toString()}`);
    const rights = await this.#access.check(request, incoming, route.kind === "page");
    if (rights instanceof Response) return rights;
    if (this.#isClosed) return problem(503, "The dashboard was closed");
    this.#workers.open();
    const isPost = route.kind === "command" || route.kind === "commands";
    const allowed = isPost ? ["POST"] : ["GET", "HEAD"];
    const isFound = route.kind !== "unknown" && route.kind !== "malformed";
    if (isFound && !allowed.includes(request.method))
      return problem(405, `Use ${allowed[0]} for this`, { Allow: allowed.join(", ") });
    return isPost
      ? this.#execute(route, request, incoming, rights, searchParams)
      : this.#show(route, request, rights, searchParams);
  }

  async #execute(
    route: Extract<Route, { kind: "command" | "commands" }>,
    request: Request,
    incoming: IncomingMessage | undefined,
    rights: Rights,
    params: URLSearchParams,
  ): Promise<Response> {
    const site = request.headers.get("Sec-Fetch-Site");
    if (site !== null && site !== "same-origin" && site !== "none") return problem(403, "The command comes from another site");
    // A form cannot send a header, and a script of another site must ask for permission first, which it does not get.
    if (request.headers.get("X-Watchbill") !== "1") return problem(403, "The header x-watchbill: 1 is missing");
    if (!rights[route.command]) return problem(403, `You may not ${route.command} workers`);
    const by = unlessBlank(this.#options.by?.(request, incoming)) ?? "dashboard";
    const options = { by, reason: unlessBlank(params.get("reason")) };
    return route.kind === "command"
      ? this.#commands.one(route.command, route.name, options)
      : this.#commands.many(route.command, { names: params.getAll("name"), patterns: params.getAll("match") }, options);
  }

  #show(route: Route, request: Request, rights: Rights, params: URLSearchParams): Response | Promise<Response> {
    switch (route.kind) {
      case "page":
        return this.#assets.respond("index.html", request);
      case "asset":
        return this.#assets.respond(route.file, request);
      case "slash":
        return redirect(308, params.size > 0 ? `${route.location}?${params.toString()}` : route.location);
      case "status":
        return json(200, this.#status(rights));
      case "events":
        return this.#events(request, rights);
      case "strips":
        return this.#strips(params.getAll("worker").slice(0, maxStrips));
      case "worker":
        return this.#detail(route.name ?? params.get("name") ?? "");
      case "healthz":
        return new Response("ok", { headers: { "Content-Type": "text/plain; charset=utf-8" } });
      case "readyz":
        return this.#readiness();
      case "metrics":
        return this.#metrics();
      case "malformed":
        return problem(400, "The name of the worker is not encoded correctly: use encodeURIComponent");
      default:
        return problem(404, "There is nothing here");
    }
  }

  #status(rights: Rights): Status {
    const { process, state, sequence } = this.#workers;
    return { now: Date.now(), process, state, rights, sequence, workers: this.#workers.rows() };
  }

  #events(request: Request, rights: Rights): Response {
    const headers = { "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no" };
    return new Response(request.method === "HEAD" ? null : this.#workers.stream(request.signal, rights), { headers });
  }

  async #strips(names: readonly string[]): Promise<Response> {
    const strips: Strip[] = [];
    for (const [index, name] of names.entries()) {
      // The times of a schedule may take 2 ms.
      if (index % 10 === 9) await setImmediate();
      const found = this.#workers.find(name);
      if (found === undefined) continue;
      const planned = this.#planned.of(found.entry.worker, found.row, Date.now());
      strips.push({ worker: name, ...this.#workers.history.stripOf(name), planned });
    }
    return json(200, strips);
  }

  #detail(name: string): Response {
    const found = this.#workers.find(name);
    if (found === undefined) return unknownWorker(name, this.#workers.directory.names);
    this.#workers.resolveErrors();
    const { entry, row } = found;
    const planned = this.#planned.of(entry.worker, row, Date.now());
    const detail: Detail = { row, ...this.#workers.history.detailOf(name), planned };
    return json(200, detail);
  }

  #readiness(): Response {
    const reason = problemOfReadiness(this.#workers.state, this.#workers.rows(), this.#options.readyAfter);
    return json(reason === null ? 200 : 503, { ready: reason === null, reason });
  }

  async #metrics(): Promise<Response> {
    const { registry } = this.#options;
    if (registry === undefined) return problem(404, "There are no metrics: pass the option registry to dashboard()");
    return new Response(await registry.metrics(), { headers: { "Content-Type": registry.contentType } });
  }
}

/** Undefined for what is not a text, and for a text without a visible character, which a command would refuse. */
function unlessBlank(text: unknown): string | undefined {
  return typeof text === "string" && /[^\s\p{Cc}\p{Cf}]/u.test(text) ? text : undefined;
}

/** Express hides the path of the mount, and so whether the page was requested without the slash at its end. */
function isWithoutSlash(incoming: IncomingMessage | undefined): Route | undefined {
  if (incoming === undefined || !("originalUrl" in incoming) || typeof incoming.originalUrl !== "string") return undefined;
  const [path = ""] = incoming.originalUrl.split("?");
  const [seen = ""] = (incoming.url ?? "").split("?");
  return seen === "/" && !path.endsWith("/")
    ? { kind: "slash", location: `./${path.slice(path.lastIndexOf("/") + 1)}/` }
    : undefined;
}
