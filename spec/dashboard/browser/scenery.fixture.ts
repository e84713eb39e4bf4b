import type { Detail, Row, Strip, StripRun } from "../../../lib/dashboard/api.js";
import { FakeDashboard, row } from "./fake-dashboard.fixture.js";

const stack = (message: string): string => `${message}
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1637:16)
    at Client.query (/srv/app/node_modules/pg/lib/client.js:526:17)
    at InvoiceStore.unpaid (/srv/app/src/billing/invoice-store.ts:41:22)
    at Reminders.sendReminders (/srv/app/src/billing/reminders.ts:18:30)
  cause: Error: read ETIMEDOUT
    at Socket.onread (node:internal/stream_base_commons:217:20)
    at Pool.connect (/srv/app/src/database/pool.ts:77:11)`;

const services = ["billing", "github", "mail", "search", "inventory", "reports", "auth", "webhooks", "exports", "media"];
const jobs = [
  "sync",
  "cleanup",
  "send-reminders",
  "reindex",
  "watch-events",
  "rotate-keys",
  "import",
  "retry-failed",
  "aggregate",
  "expire-sessions",
  "fetch-commits",
  "poll-queue",
];
const schedules = ["every 5s", "every 1m", "every 5m", "*/15 * * * *", "0 3 * * * (Europe/Berlin)", "every 30s", null];

/** A page with a bit of everything, the same at every call except for the time. */
export function scenery({ count = 214, isHealthy = false } = {}): FakeDashboard {
  const now = Date.now();
  const random = generator(7);
  const dashboard = new FakeDashboard();
  const add = (status: Row, failureRate = 0.002): void => {
    dashboard.rows.set(status.name, status);
    const { strip, detail } = history(status, now, random, failureRate);
    dashboard.strips.set(status.name, strip);
    dashboard.details.set(status.name, detail);
  };
  for (let index = 0; index < count; index++) {
    const service = services[index % services.length] ?? "";
    const job = jobs[Math.floor(index / services.length) % jobs.length] ?? "";
    const round = Math.floor(index / services.length / jobs.length);
    const name = `${service}/${job}${round === 0 ? "" : `-${round + 1}`}`;
    const schedule = schedules[Math.floor(random() * schedules.length)] ?? null;
    const isRunning = schedule === null || random() < 0.06;
    const runs = Math.floor(random() * 9_000) + 1;
    const lastStart = now - Math.floor(random() * 55_000) - (schedule === null ? 7_000_000 : 0);
    add(
      row(name, {
        schedule,
        runs: schedule === null ? 1 + Math.floor(random() * 4) : runs,
        failures: Math.floor(runs * 0.002),
        missed: random() < 0.1 ? Math.floor(random() * 4) : 0,
        phase: isRunning ? "running" : "waiting",
        lastStart,
        lastDuration: schedule === null ? null : Math.floor(20 + random() ** 4 * 9_000),
        nextDue: isRunning ? null : now + Math.floor(random() * 240_000),
        successRate: random() < 0.8 ? 1 : 1 - random() * 0.01,
        healthSince: now - 3 * 86_400_000,
        runner: service === "media" ? "media" : "",
      }),
    );
  }
  if (isHealthy || count === 0) return dashboard;

  const refused = "Error: connect ECONNREFUSED 10.0.4.12:5432";
  const failing = { health: "firing", lastErrorAt: now - 21_000, lastError: refused, lastErrorStack: stack(refused) } as const;
  const nightly = now - 3.3 * 3_600_000;
  add(
    row("billing/send-reminders", {
      ...failing,
      phase: "backoff",
      attempt: 3,
      failures: 41,
      healthSince: nightly,
      lastStart: now - 21_000,
      nextDue: now + 41_000,
      successRate: 0.624,
      lastSuccess: nightly,
    }),
    0.6,
  );
  add(
    row("search/reindex", {
      ...failing,
      lastError: "TimeoutError: the run took longer than 30 s",
      phase: "overdue",
      attempt: 1,
      healthSince: now - 420_000,
      lastStart: now - 450_000,
      successRate: 0.97,
      nextDue: null,
    }),
    0.1,
  );
  add(
    row("webhooks/retry-failed", {
      ...failing,
      lastError: "HttpError: 503 from https://hooks.example.com/a-rather-long/path/that/does/not/fit?in=one&line=of&the=table",
      phase: "waiting",
      attempt: 12,
      failures: 12,
      healthSince: now - 1_100_000,
      successRate: 0.88,
      nextDue: now + 18_000,
    }),
    0.25,
  );
  add(
    row("mail/sync", {
      phase: "paused",
      pause: { since: now - 600_000, by: "the on-call engineer", reason: "maintenance" },
      nextDue: null,
      missed: 11,
    }),
  );
  add(row("github/watch-events", { phase: "waiting", schedule: null, nextDue: null, holder: { host: "host-2", pid: 81 } }));
  add(row("reports/import", { phase: "stopped", nextDue: null, runs: 1, schedule: null, lastDuration: 48_000 }));
  add(
    row("auth/rotate-keys", {
      phase: "waiting",
      health: "init",
      healthSince: null,
      runs: 0,
      lastStart: null,
      lastDuration: null,
      successRate: null,
      nextDue: now + 7_000_000,
      schedule: "0 3 * * * (Europe/Berlin)",
    }),
  );
  return dashboard;
}

function history(
  status: Row,
  now: number,
  random: () => number,
  failureRate: number,
): { strip: Strip; detail: Omit<Detail, "row"> } {
  const every = /every (\d+)(s|m)/.exec(status.schedule ?? "");
  const interval = every ? Number(every[1]) * (every[2] === "s" ? 1_000 : 60_000) : status.schedule === null ? 0 : 900_000;
  const strip: Strip = { worker: status.name, runs: [], due: [], missed: [], planned: [] };
  const detail: Omit<Detail, "row"> = { runs: [], errors: [], missed: [], planned: [] };
  const typical = status.lastDuration ?? 200;
  const step = interval === 0 ? 3_600_000 : interval;
  for (
    let due = now - (now % step), left = 200;
    interval > 0 && due > now - 3_600_000 && left > 0 && status.runs > 0;
    due -= step, left--
  ) {
    if (random() < 0.015 || (status.phase === "paused" && due > now - 600_000)) {
      strip.missed.push([due, 1]);
      detail.missed.push({ at: due, count: 1, reason: status.phase === "paused" ? "paused" : "busy" });
      continue;
    }
    const isFailed = random() < failureRate;
    const lateness = Math.floor(random() ** 6 * 900);
    const duration = interval === 0 ? 60_000 : Math.floor(typical * (0.5 + random() + (random() < 0.04 ? 3 : 0)));
    const start = due + lateness;
    const outcome: StripRun["outcome"] = isFailed ? "failed" : "done";
    strip.runs.unshift([start, duration, isFailed ? 1 : 0]);
    strip.due.unshift(due);
    if (detail.runs.length < 100)
      detail.runs.push({
        start,
        due,
        cause: "schedule",
        duration,
        lateness,
        outcome,
        attempt: isFailed ? 1 : 0,
        error: isFailed ? (status.lastError ?? "Error: no route to host") : null,
      });
  }
  const first = status.nextDue ?? now + step;
  if (interval > 0 && status.phase !== "paused")
    for (let due = first; due < now + 3_600_000 && strip.planned.length < 200; due += step) strip.planned.push(due);
  detail.planned = strip.planned;
  if (status.lastError !== null)
    detail.errors.push(
      { at: status.lastErrorAt ?? now, count: status.attempt, text: stack(status.lastError) },
      { at: now - 2_000_000, count: 1, text: stack("TypeError: Cannot read properties of undefined (reading 'id')") },
    );
  return { strip, detail };
}

/** A sequence of numbers between 0 and 1 that is the same each time (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
