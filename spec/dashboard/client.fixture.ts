import { once } from "node:events";
import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly socketPath?: string;
  /** The certificate of the server. */
  readonly ca?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body, if it is JSON. */
  readonly json: unknown;
}

/** Every command of the page has this header. */
export const asPage = { "x-watchbill": "1" } as const;

/** Sends a request, with the path as it is, and headers that `fetch` does not allow. Every request has a connection of its own. */
export async function send(url: string, options: RequestOptions = {}): Promise<Answer> {
  const response = await open(url, options);
  response.setEncoding("utf8");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  const isJson = response.headers["content-type"]?.startsWith("application/json") === true && text !== "";
  return { status: response.statusCode ?? 0, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

/** Sends a request, and returns the response before its body. */
export async function open(url: string, options: RequestOptions = {}): Promise<IncomingMessage> {
  const request = start(url, options);
  request.end();
  const [response]: IncomingMessage[] = await once(request, "response");
  if (response === undefined) throw new Error("There is no response");
  return response;
}

function start(url: string, { method = "GET", headers = {}, socketPath, ca }: RequestOptions): ClientRequest {
  const [, origin = "", path = "/"] = /^(\w+:\/\/[^/]+)(\/.*)?$/.exec(url) ?? [];
  const { protocol, hostname, port } = new URL(origin);
  const options = { method, headers, path, hostname: hostname.replace(/^\[|\]$/g, ""), port, agent: false } as const;
  if (protocol === "https:") return httpsRequest({ ...options, ...(ca === undefined ? {} : { ca }) });
  return httpRequest({ ...options, ...(socketPath === undefined ? {} : { socketPath }) });
}

/** A server-sent event. */
export interface StreamedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads `api/events`. */
export class EventReader {
  readonly events: StreamedEvent[] = [];
  hasEnded = false;
  readonly #response: IncomingMessage;
  #text = "";

  static async open(url: string, options: RequestOptions = {}): Promise<EventReader> {
    return new EventReader(await open(`${url}api/events`, options));
  }

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => this.#add(chunk));
    response.on("close", () => (this.hasEnded = true));
    response.on("error", () => {});
  }

  get status(): number {
    return this.#response.statusCode ?? 0;
  }

  get headers(): IncomingHttpHeaders {
    return this.#response.headers;
  }

  /** Resolves to the first event that fulfils a condition, of those that have come or will. */
  async first(condition: (event: StreamedEvent) => boolean): Promise<StreamedEvent> {
    let found: StreamedEvent | undefined;
    await until(() => (found = this.events.find(condition)) !== undefined || this.hasEnded);
    if (found === undefined) throw new Error("The stream has ended without such an event");
    return found;
  }

  close(): void {
    this.#response.destroy();
  }

  #add(chunk: string): void {
    const parts = (this.#text + chunk).split("\n\n");
    this.#text = parts.pop() ?? "";
    for (const part of parts) {
      const fields = new Map(
        part.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      const data: unknown = JSON.parse(fields.get("data") ?? "");
      if (!isRecord(data)) throw new Error("The data of an event is not an object");
      this.events.push({ id: fields.get("id") ?? "", event: fields.get("event") ?? "", data });
    }
  }
}

/** Waits until a condition holds. The timeout of the spec is the limit; some time after it, this fails, so that the process ends. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not so within a minute: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The rows of a status, of a snapshot or of an update. */
export function rowsIn(data: unknown, key = "workers"): Readonly<Record<string, unknown>>[] {
  const rows = isRecord(data) ? data[key] : undefined;
  return Array.isArray(rows) ? rows.filter(isRecord) : [];
}

export function rowOf(data: unknown, name: string, key = "workers"): Readonly<Record<string, unknown>> | undefined {
  return rowsIn(data, key).find((row) => row.name === name);
}
