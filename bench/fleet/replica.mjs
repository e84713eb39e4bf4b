// One replica of a fleet: takes orders from its parent, counts its runs, and how late they were.
import { performance } from "node:perf_hooks";
import { bootstrap } from "../../lib/bootstrap.ts";
import { bullmq } from "../../lib/bullmq/bullmq.ts";
import { DeclarativeWorker } from "../../lib/declarative-worker.ts";

const { url, workers, repeat, spreadOver } = JSON.parse(process.argv[2]);

/** When each worker's turn was due. */
const due = new Map();
/** When runs were due, and when they were. */
let runs = [];
let turns = 0;
let complaints = [];
const firsts = [];
let utilization = performance.eventLoopUtilization();

/** The engine, and in between whoever notes what turns it gives. */
function noting(engine) {
  return {
    join: (seat) =>
      engine.join({
        name: seat.name,
        logger: seat.logger,
        get isOpen() {
          return seat.isOpen;
        },
        get isStopping() {
          return seat.isStopping;
        },
        take(lease) {
          turns++;
          if (lease.due === 0) firsts.push(Date.now());
          due.set(seat.name, lease.due);
          return seat.take(lease);
        },
        tell: (news) => seat.tell(news),
        dueBy: (memory) => seat.dueBy(memory),
      }),
  };
}

function ran(name) {
  const at = due.get(name) ?? 0;
  if (at > 0) runs.push([at, Date.now()]);
}

const told =
  (level) =>
  (...parts) =>
    complaints.push(`${level} ${parts.map((part) => part?.err?.message ?? (typeof part === "string" ? part : "")).join(" ")}`);
const silent = () => {};
const logger = {
  trace: silent,
  debug: silent,
  info: silent,
  warn: told("warn"),
  error: told("error"),
  fatal: told("fatal"),
  child: () => logger,
};

const roster = Array.from({ length: workers }, (_, n) => {
  const name = `worker ${n}`;
  // Spread: each worker's grid begins a little later than the one's before.
  const when = spreadOver === undefined ? repeat : { interval: repeat, initialDelay: Math.round(spreadOver * (1 + n / workers)) };
  return new DeclarativeWorker({ name, job: () => ran(name), repeat: when, distributed: true });
});
const runner = bootstrap(roster, {
  engine: noting(bullmq({ connection: url, namespace: "load" })),
  logger,
  shutdownTimeout: "20s",
});
const stop = new AbortController();
let running;

const orders = {
  go() {
    running = runner.run({ signal: stop.signal });
    return {};
  },
  firsts: () => ({ firsts }),
  reset() {
    runs = [];
    turns = 0;
    complaints = [];
    utilization = performance.eventLoopUtilization();
    return {};
  },
  report() {
    const busy = performance.eventLoopUtilization(utilization).utilization;
    globalThis.gc();
    const { rss, heapUsed } = process.memoryUsage();
    return { runs, turns, complaints: complaints.slice(0, 3), complaintCount: complaints.length, busy, rss, heapUsed };
  },
  async stop() {
    stop.abort();
    await running?.catch(() => {});
    return {};
  },
};

process.on("message", (order) => {
  void answer(order);
});
process.on("disconnect", () => process.exit());
globalThis.gc();
process.send({ order: "ready", rss: process.memoryUsage().rss });

async function answer(order) {
  process.send({ order, ...(await orders[order]()) });
}
