// One replica: answers the commands of its parent, and records its runs and how late they were.
import { performance } from "node:perf_hooks";
import { bootstrap } from "../../lib/bootstrap.ts";
import { bullmq } from "../../lib/bullmq/bullmq.ts";
import { DeclarativeWorker } from "../../lib/declarative-worker.ts";

const { url, workers, repeat, spreadOver } = JSON.parse(process.argv[2]);

/** When the current run of each worker was due. */
const due = new Map();
/** When each run was due, and when it began. */
let runs = [];
let leasedRuns = 0;
let warnings = [];
/** When each worker that ran first on this replica did so. */
const firsts = [];
let utilization = performance.eventLoopUtilization();

/** Wraps an engine, to record the leased runs. */
function recording(engine) {
  return { join: (participant) => engine.join(new RecordingParticipant(participant)) };
}

class RecordingParticipant {
  #participant;

  constructor(participant) {
    this.#participant = participant;
  }

  get name() {
    return this.#participant.name;
  }

  get logger() {
    return this.#participant.logger;
  }

  get isOpen() {
    return this.#participant.isOpen;
  }

  get isStopping() {
    return this.#participant.isStopping;
  }

  get status() {
    return this.#participant.status;
  }

  run(lease) {
    leasedRuns++;
    if (lease.due === 0) firsts.push(Date.now());
    due.set(this.name, lease.due);
    return this.#participant.run(lease);
  }

  update(state) {
    this.#participant.update(state);
  }

  latestDue(snapshot) {
    return this.#participant.latestDue(snapshot);
  }
}

function recordRun(name) {
  const at = due.get(name) ?? 0;
  if (at > 0) runs.push([at, Date.now()]);
}

const recordWarning =
  (level) =>
  (...parts) =>
    warnings.push(`${level} ${parts.map((part) => part?.err?.message ?? (typeof part === "string" ? part : "")).join(" ")}`);
const silent = () => {};
const logger = {
  trace: silent,
  debug: silent,
  info: silent,
  warn: recordWarning("warn"),
  error: recordWarning("error"),
  fatal: recordWarning("fatal"),
  child: () => logger,
};

const declared = Array.from({ length: workers }, (_, n) => {
  const name = `worker ${n}`;
  const when = spreadOver === undefined ? repeat : { interval: repeat, initialDelay: Math.round(spreadOver * (1 + n / workers)) };
  return new DeclarativeWorker({ name, job: () => recordRun(name), repeat: when, distributed: true });
});
const runner = bootstrap(declared, {
  engine: recording(bullmq({ connection: url, namespace: "load" })),
  logger,
  shutdownTimeout: "20s",
});
const stop = new AbortController();
let running;

const commands = {
  start() {
    running = runner.run({ signal: stop.signal });
    return {};
  },
  firsts: () => ({ firsts }),
  reset() {
    runs = [];
    leasedRuns = 0;
    warnings = [];
    utilization = performance.eventLoopUtilization();
    return {};
  },
  report() {
    const busy = performance.eventLoopUtilization(utilization).utilization;
    globalThis.gc();
    const { rss, heapUsed } = process.memoryUsage();
    return { runs, leasedRuns, warnings: warnings.slice(0, 3), warningCount: warnings.length, busy, rss, heapUsed };
  },
  async stop() {
    stop.abort();
    await running?.catch(() => {});
    return {};
  },
};

process.on("message", (command) => {
  void answer(command);
});
process.on("disconnect", () => process.exit());
globalThis.gc();
process.send({ command: "ready", rss: process.memoryUsage().rss });

async function answer(command) {
  process.send({ command, ...(await commands[command]()) });
}
