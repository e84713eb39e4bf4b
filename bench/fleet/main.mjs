// Measures the load of distributed workers on Postgres and Redis. Writes bench/fleet/results.json and the generated parts of
// docs/fleet-load.md. Run it from the root of the project; afterwards, `npm run format` formats the results.
//   node --import tsx bench/fleet/main.mjs                    everything, about 25 minutes
//   node --import tsx bench/fleet/main.mjs --only redis       one database; the figures of the other stay as they are
//   node --import tsx bench/fleet/main.mjs --kind together    one kind of loads.mjs, or one ramp; the other figures stay
//   node --import tsx bench/fleet/main.mjs --tables           measures nothing: prints all results, and updates the page
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { replaceBlocks } from "../markdown.mjs";
import { loads, ramps } from "./loads.mjs";
import { measureLoad } from "./measure-load.mjs";
import { postgres, redis } from "./servers.mjs";
import { blocks, printAll } from "./tables.mjs";

const servers = { postgres, redis };
const kinds = [...new Set(loads.map(({ kind }) => kind)), ...Object.keys(ramps)];

const { values } = parseArgs({
  options: { only: { type: "string" }, kind: { type: "string" }, tables: { type: "boolean", default: false } },
});
if (values.only !== undefined && servers[values.only] === undefined) {
  throw new RangeError(`--only is ${values.only}: use one of ${Object.keys(servers).join(", ")}`);
}
if (values.kind !== undefined && !kinds.includes(values.kind)) {
  throw new RangeError(`--kind is ${values.kind}: use one of ${kinds.join(", ")}`);
}

const file = new URL("results.json", import.meta.url);
const previous = JSON.parse(readFileSync(file, "utf8"));
const results = { ...previous, machine: values.tables ? previous.machine : machine() };

if (!values.tables) {
  for (const name of Object.keys(servers)) {
    if (values.only !== undefined && values.only !== name) continue;
    results[name] = await measureServer(name);
    writeFileSync(file, `${JSON.stringify(results, rounded, 2)}\n`);
  }
}
printAll(results);
replaceBlocks(new URL("../../docs/fleet-load.md", import.meta.url), blocks(results));
console.log("updated docs/fleet-load.md");
process.exit();

async function measureServer(name) {
  const server = await servers[name]();
  const isSelected = (kind) => values.kind === undefined || values.kind === kind;
  const measured = {
    ...previous[name],
    version: server.version,
    loads: previous[name].loads.filter(({ kind }) => !isSelected(kind)),
  };
  try {
    for (const load of loads.filter(({ kind }) => isSelected(kind))) {
      measured.loads.push({ kind: load.kind, ...(await measureAndLog(server, load)) });
    }
    for (const kind of Object.keys(ramps).filter(isSelected)) measured[kind] = await measureRamp(server, ramps[kind]);
  } finally {
    await server.stop();
  }
  return measured;
}

async function measureRamp(server, { workers, intervals, warmUp, window, minDone }) {
  const steps = [];
  for (const interval of intervals) {
    const load = {
      workers,
      repeat: `${interval}ms`,
      interval,
      // All workers have started by then.
      warmUp: warmUp + interval,
      window: Math.ceil(window / interval) * interval,
    };
    steps.push(await measureAndLog(server, load));
    // Two steps: a single one may be due to other load on the machine.
    if (steps.slice(-2).filter(({ done }) => done < minDone).length === 2) break;
  }
  return steps;
}

async function measureAndLog(server, load) {
  const result = await measureLoad(server, load);
  const { replicas, workers, repeat, runs, done, statements, serverCpu, latenessP50, latenessP99, join, warningCount } = result;
  console.log(
    new Date().toISOString().slice(11, 19),
    server.name,
    replicas,
    workers,
    repeat,
    JSON.stringify({ runs, done, statements, serverCpu, latenessP50, latenessP99, join, warningCount }, rounded),
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
