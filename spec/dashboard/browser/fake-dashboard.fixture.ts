import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { Command, Detail, Row, Status, Strip, StripRun, Update } from "../../../lib/dashboard/api.js";
import { initialStatus } from "../../../lib/runtime/worker-status.js";

export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

const types = { js: "text/javascript", css: "text/css", html: "text/html; charset=utf-8", txt: "text/plain; charset=utf-8" };

/** A command that the page has sent. */
export interface SentCommand {
  readonly command: string;
  readonly workers: readonly string[];
  readonly reason: string | null;
}

/**
 * Answers as the contract of the dashboard says, from rows that a spec sets: for what a real runner shows too rarely, or too
 * slowly, and for ten thousand workers.
 */
export class FakeDashboard {
  readonly rows = new Map<string, Row>();
  readonly strips = new Map<string, Strip>();
  readonly details = new Map<string, Omit<Detail, "row">>();
  readonly sent: SentCommand[] = [];
  rights: Status["rights"] = { trigger: true, pause: true, resume: true, restart: true };
  state: Status["state"] = "running";
  timeZone = "UTC";
  /** Whether every request but those of the login is redirected there. */
  isSignedOut = false;
  streams = new Set<ServerResponse>();
  /** How many streams were opened so far. */
  opened = 0;
  beatEvery = 5_000;
  readonly #server = createServer((request, response) => this.#answer(request, response));
  #sequence = 0;
  #changed = new Set<string>();
  #removed: string[] = [];
  #runs: StripRun[] = [];
  #timers: ReturnType<typeof setInterval>[] = [];
  readonly #startedAt = Date.now() - 3 * 86_400_000;

  constructor(rows: readonly Row[] = []) {
    for (const row of rows) this.rows.set(row.name, row);
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    this.#timers.push(
      setInterval(() => this.#flush(), 500),
      setInterval(() => this.#beat(), this.beatEvery),
    );
    return `http://127.0.0.1:${this.port}/ops/`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  set(name: string, change: Partial<Row>): void {
    this.rows.set(name, row(name, { ...this.rows.get(name), ...change }));
    this.#changed.add(name);
  }

  remove(name: string): void {
    this.rows.delete(name);
    this.#removed.push(name);
  }

  addRun(run: StripRun): void {
    this.#runs.push(run);
  }

  #status(): Status {
    return {
      now: Date.now(),
      process: {
        host: "billing-7f9c",
        pid: 81,
        startedAt: this.#startedAt,
        version: "0.1.0",
        node: process.version,
        timeZone: this.timeZone,
      },
      state: this.state,
      rights: this.rights,
      sequence: this.#sequence,
      workers: [...this.rows.values()],
    };
  }

  #flush(): void {
    if (this.#changed.size + this.#removed.length + this.#runs.length === 0) return;
    const rows = [...this.#changed].flatMap((name) => this.rows.get(name) ?? []);
    const update: Update = {
      now: Date.now(),
      state: this.state,
      sequence: ++this.#sequence,
      rows,
      removed: this.#removed,
      runs: this.#runs,
    };
    this.#changed = new Set();
    this.#removed = [];
    this.#runs = [];
    this.#send("update", update);
  }

  #beat(): void {
    this.#send("beat", { now: Date.now(), state: this.state });
  }

  #send(event: string, data: unknown, streams: Iterable<ServerResponse> = this.streams): void {
    const text = `id: ${this.#sequence}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const stream of streams) stream.write(text);
  }

  #answer(request: IncomingMessage, response: ServerResponse): unknown {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    response.setHeader("content-security-policy", policy);
    response.setHeader("x-content-type-options", "nosniff");
    const path = pathname.replace(/^\/ops\//, "");
    if (path === "login") return response.writeHead(200, { "content-type": "text/html" }).end("<title>Sign in</title>");
    if (this.isSignedOut) return response.writeHead(303, { location: "/ops/login" }).end();
    if (request.method === "POST") return this.#command(path, searchParams, request, response);
    if (path === "api/events") return this.#stream(response);
    if (path === "api/status") return json(response, this.#status());
    if (path === "api/strips") {
      const names = searchParams.getAll("worker");
      return json(
        response,
        names.map((worker) => this.strips.get(worker) ?? { worker, runs: [], due: [], missed: [], planned: [] }),
      );
    }
    if (path === "api/worker") {
      const row = this.rows.get(searchParams.get("name") ?? "");
      if (row === undefined) return json(response, { error: "There is no such worker", nearest: null }, 404);
      const detail = this.details.get(row.name) ?? { runs: [], errors: [], missed: [], planned: [] };
      return json(response, { row, ...detail });
    }
    const file = path === "" ? "index.html" : path;
    try {
      const content = readFileSync(new URL(`../../../lib/dashboard/assets/${file}`, import.meta.url));
      response.setHeader("content-type", types[file.slice(file.lastIndexOf(".") + 1) as keyof typeof types]);
      response.setHeader("content-encoding", "gzip");
      return response.end(gzipSync(content));
    } catch {
      return json(response, { error: "There is no such file" }, 404);
    }
  }

  #stream(response: ServerResponse): void {
    this.opened++;
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response));
    this.#send("snapshot", this.#status(), [response]);
  }

  #command(path: string, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): unknown {
    if (request.headers["x-watchbill"] !== "1") return json(response, { error: "The header x-watchbill is missing" }, 403);
    const reason = query.get("reason");
    const command = /^api\/commands\/(\w+)$/.exec(path)?.[1] ?? "";
    const named = query.getAll("name");
    const known = [...named, ...this.#matching(query.getAll("match"))].filter((name) => this.rows.has(name));
    if (known.length === 0) return json(response, { error: `There is no worker named ${named[0]}` }, 404);
    const workers: string[] = [];
    const refused: { worker: string; error: string }[] = [];
    for (const name of known) {
      if (this.rows.get(name)?.phase === "stopped" && command !== "restart")
        refused.push({ worker: name, error: `${name} cannot be changed: it has completed` });
      else workers.push(name);
    }
    this.sent.push({ command, workers, reason });
    for (const name of workers) this.#apply(name, command as Command, reason);
    return json(response, { command, workers, refused, leftOut: [] }, 202);
  }

  #apply(name: string, command: Command, reason: string | null): void {
    const now = Date.now();
    const runs = (this.rows.get(name)?.runs ?? 0) + 1;
    if (command === "pause")
      this.set(name, { phase: "paused", nextDue: null, pause: { since: now, by: "the on-call engineer", reason } });
    if (command === "resume") this.set(name, { phase: "waiting", pause: null, nextDue: now + 5_000 });
    if (command === "trigger") this.set(name, { runs, lastStart: now, lastDuration: 12 });
    if (command === "restart") this.set(name, { phase: "running", lastStart: now, runs, pause: null });
  }

  #matching(patterns: readonly string[]): string[] {
    const tests = patterns.map((pattern) => new RegExp(`^${pattern.split("*").map(escaped).join("[^]*")}$`));
    return [...this.rows.keys()].filter((name) => tests.some((test) => test.test(name)));
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.|?+()[\]{}]/g, "\\$&");
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** A row of a job that was run a minute ago. */
export function row(name: string, change: Partial<Row> = {}): Row {
  const now = Date.now();
  const isFailing = change.health === "firing" || ((change.attempt ?? 0) > 0 && change.schedule !== null);
  const group = name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : null;
  return {
    ...initialStatus(name),
    group,
    schedule: "every 1m",
    health: "ok",
    healthSince: now - 7_200_000,
    phase: "waiting",
    runs: 120,
    lastStart: now - 20_000,
    lastDuration: 340,
    lastSuccess: now - 20_000,
    nextDue: now + 40_000,
    successRate: 1,
    ...change,
    failingSince: isFailing ? (change.failingSince ?? change.healthSince ?? now) : null,
  };
}
