/** What a fleet costs, by the number of its replicas, its workers and its runs. */

/** How many censuses a replica takes a second. Of the reads that only a census makes, so many are in one. */
export function censusRate(name, { byKind, replicas }) {
  const [kind, inOne] = name === "postgres" ? ["get_range", 5] : ["zrevrange", 3];
  return (byKind[kind]?.perSecond ?? 0) / inOne / replicas;
}

/** How many jobs that only wait a census reads. */
export function readAtOnce(workers) {
  return Math.min(workers, Math.max(50, workers / 12));
}

/** What counts: replicas, jobs that censuses read a second, and runs a second. */
function causes(name, load) {
  return [load.replicas, load.replicas * readAtOnce(load.workers) * censusRate(name, load), load.runs];
}

const costs = {
  statements: (load) => load.statements,
  serverCpu: (load) => load.serverCpu,
  replicaCpu: (load) => load.replicaCpu.reduce((sum, cpu) => sum + cpu, 0),
};

/** Fits each cost to its causes, by least squares of what it is off by as a share. */
export function model(name, loads) {
  const meant = loads.filter(({ kind }) => kind === "runs" || kind === "idle");
  return Object.fromEntries(
    Object.entries(costs).map(([cost, of]) => [cost, fitted(meant.map((load) => ({ x: causes(name, load), y: of(load) })))]),
  );
}

export function predicted(coefficients, name, load) {
  return causes(name, load).reduce((sum, cause, n) => sum + cause * coefficients[n], 0);
}

/** Least squares with coefficients that are not negative: what would be is left out. */
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
    ...used.map((j) => sumOf(points, ({ x, y }) => (x[i] * x[j]) / y ** 2)),
    sumOf(points, ({ x, y }) => x[i] / y),
  ]);
  for (let n = 0; n < size; n++) {
    const pivot = rows[n][n];
    rows[n] = rows[n].map((value) => value / pivot);
    for (let m = 0; m < size; m++) if (m !== n) rows[m] = eliminated(rows[m], rows[n], n);
  }
  return rows.map((row) => row[size]);
}

function sumOf(values, of) {
  return values.reduce((sum, value) => sum + of(value), 0);
}

function eliminated(row, by, column) {
  const factor = row[column];
  return row.map((value, n) => value - factor * by[n]);
}
