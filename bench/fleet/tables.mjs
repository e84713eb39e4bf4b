import { table } from "../markdown.mjs";
import { mean } from "../statistics.mjs";
import { errorsOf, model, reconcileRate } from "./model.mjs";

const titles = { postgres: "Postgres", redis: "Redis" };
const costs = {
  statements: { title: "statements/s", scale: 1 },
  serverCpu: { title: "server CPU (ms/s)", scale: 1_000 },
  replicaCpu: { title: "CPU of all replicas (ms/s)", scale: 1_000 },
};

/** The generated blocks of docs/fleet-load.md: the fitted model, and the loads that show it. */
export function blocks(results) {
  const formulas = Object.entries(titles).flatMap(([name, database]) => {
    const coefficients = model(name, results[name].loads);
    return Object.entries(costs).map(([cost, { title, scale }]) => {
      const [a, b, c] = coefficients[cost].map((value) => figure(value * scale).padStart(5));
      return `    ${database.padEnd(9)} ${title.padEnd(27)} = ${a} · R + ${b} · R·M/P + ${c} · ρ`;
    });
  });
  return { model: formulas.join("\n"), loads: loadTable(results) };
}

/** One row for each load, with the figures of both databases. The other loads are in results.json. */
function loadTable(results) {
  const names = Object.keys(titles);
  const columns = ["statements/s", "server CPU", "replica CPU", "late p50, p99 (ms)"];
  const head = [
    "workers",
    "interval",
    "replicas",
    ...names.flatMap((name) => columns.map((column) => `${titles[name]}: ${column}`)),
  ];
  const { loads } = results.postgres;
  const intervals = new Set(names.map((name) => lastComplete(results[name].ramp1000).interval));
  const shown = [
    ...["idle", "together", "spread"].flatMap((wanted) => loads.filter(({ kind }) => kind === wanted)),
    ...results.redis.ramp1000.filter(({ interval }) => intervals.has(interval)),
  ];
  const rows = shown.map((load) => [
    number(load.workers),
    `${number(load.interval / 1_000)} s${load.spread ? ", spread" : ""}`,
    load.replicas,
    ...names.flatMap((name) => cellsOf(sameLoad(results[name], load))),
  ]);
  return table(head, rows);
}

/** The step of a ramp with the most runs of which 99% took place. */
function lastComplete(ramp) {
  return ramp.filter(({ done }) => done >= 0.99).at(-1);
}

function sameLoad({ loads, ramp1000 }, load) {
  const keyOf = ({ kind, workers, replicas, interval }) => JSON.stringify([kind, workers, replicas, interval]);
  return [...loads, ...ramp1000].find((found) => keyOf(found) === keyOf(load));
}

function cellsOf(load) {
  if (load === undefined) return ["–", "–", "–", "–"];
  const late = load.latenessP50 === null ? "–" : `${figure(load.latenessP50)}, ${figure(load.latenessP99)}`;
  return [figure(load.statements), share(load.serverCpu), share(mean(load.replicaCpu)), late];
}

/** Prints every measured load, with the relative error of the model. */
export function printAll(results) {
  for (const [name, title] of Object.entries(titles)) {
    const { loads, ramp100, ramp1000 } = results[name];
    const coefficients = model(name, loads);
    const ramps = [...ramp100, ...ramp1000].map((load) => ({ kind: "ramp", ...load }));
    console.log(results[name].version ?? title);
    console.table(
      [...loads, ...ramps].map((load) => {
        const errors = errorsOf(coefficients, name, load);
        return {
          kind: load.kind,
          replicas: load.replicas,
          workers: load.workers,
          repeat: load.repeat,
          "runs/s": figure(load.runs),
          done: share(load.done),
          "p50 (ms)": figure(load.latenessP50),
          "p99 (ms)": figure(load.latenessP99),
          "statements/s": figure(load.statements),
          "server CPU": share(load.serverCpu),
          "replica CPU": load.replicaCpu.map(share).join(", "),
          "reconciles every (s)": figure(1 / reconcileRate(name, load)),
          connections: load.connections,
          "database (KiB)": number(Math.round(load.bytes / 1_024)),
          "heap (KiB)": number(Math.round(mean(load.heapUsed) / 1_024)),
          "RSS (KiB)": number(Math.round(mean(load.rss) / 1_024)),
          "all started (ms)": figure(load.join.all),
          warnings: load.warningCount,
          "model error": Object.values(errors).map(share).join(", "),
        };
      }),
    );
  }
}

function figure(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  return Math.abs(value) >= 100 ? number(Math.round(value)) : `${Number(value.toPrecision(2))}`;
}

function share(value) {
  return `${(value * 100).toFixed(1)}%`;
}

function number(value) {
  return value.toLocaleString("en");
}
