// Measures what a fleet costs its database and its replicas, and writes it to docs/fleet-load.md. From the root of the project:
//   node --import tsx bench/fleet/main.mjs                  everything, some 25 minutes
//   node --import tsx bench/fleet/main.mjs --only redis     one database; the figures of the other stay as they were
//   node --import tsx bench/fleet/main.mjs --kind runs      one kind of load of plan.mjs, or a ramp; the other figures stay
//   node --import tsx bench/fleet/main.mjs --report         only the tables, from results.json
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { measure } from "./fleet.mjs";
import { loads, ramps } from "./plan.mjs";
import { report } from "./report.mjs";
import { postgres, redis } from "./servers.mjs";

const servers = { postgres, redis };

const { values } = parseArgs({
  options: { only: { type: "string" }, kind: { type: "string" }, report: { type: "boolean", default: false } },
});
const file = new URL("results.json", import.meta.url);
const kept = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
const results = { ...kept, machine: values.report ? kept.machine : machine() };

if (!values.report) {
  for (const name of ["postgres", "redis"]) {
    if (values.only !== undefined && values.only !== name) continue;
    results[name] = await take(name);
    writeFileSync(file, `${JSON.stringify(results, rounded, 1)}\n`);
  }
}
if (results.postgres !== undefined && results.redis !== undefined) {
  writeFileSync(new URL("../../docs/fleet-load.md", import.meta.url), report(results));
  console.log("written to docs/fleet-load.md");
}
process.exit();

async function take(name) {
  const server = await servers[name]();
  const isMeant = (kind) => values.kind === undefined || values.kind === kind;
  const found = {
    version: server.version,
    loads: (kept[name]?.loads ?? []).filter(({ kind }) => !isMeant(kind)),
    ...Object.fromEntries(Object.keys(ramps).map((kind) => [kind, isMeant(kind) ? [] : (kept[name]?.[kind] ?? [])])),
  };
  try {
    for (const load of loads.filter(({ kind }) => isMeant(kind)))
      found.loads.push({ kind: load.kind, ...(await told(server, load)) });
    for (const kind of Object.keys(ramps).filter(isMeant)) found[kind] = await climb(server, ramps[kind]);
  } finally {
    await server.stop();
  }
  return found;
}

async function climb(server, { workers, intervals, warmUp, window, least }) {
  const steps = [];
  for (const interval of intervals) {
    // All workers have begun by then.
    const begun = warmUp + interval;
    steps.push(
      await told(server, {
        workers,
        repeat: `${interval}ms`,
        interval,
        warmUp: begun,
        window: Math.ceil(window / interval) * interval,
      }),
    );
    // Twice: one bad moment is no limit.
    if (steps.slice(-2).filter(({ done }) => done < least).length === 2) break;
  }
  return steps;
}

async function told(server, load) {
  const result = await measure(server, load);
  const { replicas, workers, repeat, runs, done, statements, serverCpu, latenessP50, latenessP99, join, complaintCount } = result;
  console.log(
    new Date().toISOString().slice(11, 19),
    server.name,
    replicas,
    workers,
    repeat,
    JSON.stringify({ runs, done, statements, serverCpu, latenessP50, latenessP99, join, complaintCount }, rounded),
  );
  return result;
}

function machine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpus: `${cpus().length} × ${cpus()[0].model.trim()}`,
    memory: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    bullmq: JSON.parse(readFileSync(new URL("../../node_modules/bullmq/package.json", import.meta.url), "utf8")).version,
  };
}

function rounded(_, value) {
  return typeof value === "number" ? Number(value.toPrecision(6)) : value;
}
