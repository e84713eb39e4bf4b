import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import type { Row, Status } from "watchbill/dashboard";

/** The row of a worker that has succeeded, with changes. */
export function row(name: string, changes: Partial<Row> = {}): Row {
  return {
    name,
    group: null,
    runner: "",
    schedule: "every 5s",
    health: "ok",
    healthSince: 0,
    phase: "waiting",
    pause: null,
    runs: 3,
    failures: 0,
    missed: 0,
    attempt: 0,
    lastStart: Date.parse("2026-11-26T07:59:58Z"),
    lastDuration: 120,
    lastSuccess: Date.parse("2026-11-26T07:59:58Z"),
    lastError: null,
    lastErrorAt: null,
    lastErrorStack: null,
    nextDue: Date.parse("2026-11-26T08:00:03Z"),
    successRate: 1,
    failingSince: null,
    ...changes,
  };
}

export function statusOf(workers: Row[], now: number, pid = 4711): Status {
  return {
    now,
    process: { host: "web-1", pid, startedAt: now - 7_260_000, version: "0.1.0", node: "v20", timeZone: "UTC" },
    state: "running",
    rights: { trigger: true, pause: true, resume: true, restart: true },
    sequence: 1,
    workers,
  };
}

export interface FakeProcess {
  /** The requests so far, such as `GET /api/status`. */
  readonly requests: string[];
  /** The headers of the last one. */
  headers: IncomingMessage["headers"];
  close(): Promise<void>;
}

type Answer = (incoming: IncomingMessage, response: ServerResponse) => void;

/** Listens as a process with this pid does in the folder for sockets, or on a port. */
export async function fakeProcess(
  where: { folder: string; pid: number } | { port: number },
  answer: Answer,
): Promise<FakeProcess & { port: number }> {
  const fake: FakeProcess & { port: number } = {
    requests: [],
    headers: {},
    port: 0,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  const server = createServer((incoming, response) => {
    fake.requests.push(`${incoming.method} ${incoming.url}`);
    fake.headers = incoming.headers;
    answer(incoming, response);
  });
  if ("port" in where) server.listen(where.port, "127.0.0.1");
  else {
    mkdirSync(where.folder, { recursive: true, mode: 0o700 });
    server.listen(join(where.folder, `${where.pid}.sock`));
  }
  await once(server, "listening");
  const address = server.address();
  fake.port = typeof address === "object" && address !== null ? address.port : 0;
  return fake;
}

export function answerJson(status: number, body: unknown): Answer {
  return (_incoming, response) => {
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  };
}
