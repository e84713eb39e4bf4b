import { sum } from "../statistics.mjs";

/** Returns how often a replica reconciles, per second, from the number of reads that only a reconciliation makes. */
export function reconcileRate(name, { byKind, replicas }) {
  const [kind, perReconciliation] = name === "postgres" ? ["get_range", 5] : ["zrevrange", 3];
  return (byKind[kind]?.perSecond ?? 0) / perReconciliation / replicas;
}

/** How many waiting jobs a reconciliation reads (lib/bullmq/reconciler.ts). */
function jobsRead(workers) {
  return Math.min(workers, Math.max(50, workers / 12));
}

/** The variables of the model: replicas, jobs read per second by reconciliations, and runs per second. */
function variables(name, load) {
  return [load.replicas, load.replicas * jobsRead(load.workers) * reconcileRate(name, load), load.runs];
}

const costs = {
  statements: (load) => load.statements,
  serverCpu: (load) => load.serverCpu,
  replicaCpu: (load) => sum(load.replicaCpu),
};

/** Fits each cost to the variables, by least squares of the relative error. */
export function model(name, loads) {
  const fittedLoads = loads.filter(({ kind }) => kind === "together" || kind === "idle");
  return Object.fromEntries(
    Object.entries(costs).map(([cost, of]) => [
      cost,
      fitted(fittedLoads.map((load) => ({ x: variables(name, load), y: of(load) }))),
    ]),
  );
}

/** Returns the costs of a load that the model predicts, relative to the measured ones: 0 if they are equal. */
export function errorsOf(coefficients, name, load) {
  return Object.fromEntries(
    Object.entries(costs).map(([cost, of]) => [cost, predicted(coefficients[cost], name, load) / of(load) - 1]),
  );
}

function predicted(coefficients, name, load) {
  return sum(variables(name, load).map((variable, n) => variable * coefficients[n]));
}

/** Least squares; a variable whose coefficient would be negative is left out. */
function fitted(points) {
  let used = points[0].x.map((_, n) => n);
  for (;;) {
    const solution = solve(used, points);
    const negative = solution.findIndex((value) => value < 0);
    if (negative < 0) return points[0].x.map((_, n) => solution[used.indexOf(n)] ?? 0);
    used = used.filter((_, n) => n !== negative);
  }
}

function solve(used, points) {
  const size = used.length;
  const rows = used.map((i) => [
    ...used.map((j) => sum(points.map(({ x, y }) => (x[i] * x[j]) / y ** 2))),
    sum(points.map(({ x, y }) => x[i] / y)),
  ]);
  for (let n = 0; n < size; n++) {
    const pivot = rows[n][n];
    rows[n] = rows[n].map((value) => value / pivot);
    for (let m = 0; m < size; m++) if (m !== n) rows[m] = eliminated(rows[m], rows[n], n);
  }
  return rows.map((row) => row[size]);
}

function eliminated(row, by, column) {
  const factor = row[column];
  return row.map((value, n) => value - factor * by[n]);
}
