import { readFileSync } from "node:fs";
import { figure, number, table } from "./markdown.mjs";
import { censusRate, model, predicted } from "./model.mjs";
import { prose } from "./prose.mjs";

const titles = { postgres: "Postgres", redis: "Redis" };
const names = ["postgres", "redis"];
const costs = { statements: "statements/s", serverCpu: "server", replicaCpu: "replicas" };

/** All that was measured and computed, as a page. */
export function report(results) {
  const { machine } = results;
  const models = Object.fromEntries(names.map((name) => [name, model(name, results[name].loads)]));
  const said = prose(results, models);
  return `# The load of a fleet

Written by \`node --import tsx bench/fleet/main.mjs\`, on ${machine.date}; \`--report\` makes the tables again from bench/fleet/results.json. Absolute figures
belong to the machine, which others used at the same time; what counts are the ratios and the numbers of statements.

- Machine: ${machine.cpus}, ${machine.memory} GiB, Node ${machine.node}; server and replicas share its cores
- ${results.postgres.version} from npm, \`fsync\` off; ${results.redis.version}, nothing kept on disk; BullMQ ${machine.bullmq}; watchbill ${versionOf("../../package.json")}
- Three replicas, if nothing else is said, of all workers each. \`lockDuration\` 30 s, \`stalledInterval\` 5 s, a job that does nothing. All workers join
  at once, so that all are due at once, too; "spread" are workers whose grids are spread over the interval.
- Statements are those of pg_stat_statements, without those within functions; of Redis all commands, also those that scripts give. CPU is a share of one
  core, from /proc. Every load was taken once, for 20 to 40 s, not all on one occasion; Redis was given 11 s to warm up and not 15 s. A run is late by the time from when its turn was due to when its job was called.

${said.summary}

## Measured: a run every 10 s

${names.map((name) => `### ${titles[name]}\n\n${loadTable(results[name].loads.filter(({ kind }) => kind !== "idle" && kind !== "many"))}`).join("\n\n")}

## Measured: nothing due

Workers that are due once an hour.

${names
  .map(
    (name) =>
      `### ${titles[name]}\n\n${idleTable(
        name,
        results[name].loads.filter(({ kind }) => kind === "idle" || kind === "many"),
      )}`,
  )
  .join("\n\n")}

## Measured: what the statements are

A second, with 1,000 workers and three replicas.

${names.map((name) => `### ${titles[name]}\n\n${kindTable(results[name].loads)}`).join("\n\n")}

## Measured: memory and joining

${memoryTable(results)}

Join is the time from when three replicas begin to when every worker has had its first turn, in ${"`"}runs${"`"} of a fleet that the database does not know yet.

## Measured: how many runs a second

At shorter and shorter intervals, three replicas, until twice less than 99% of what was due was done. With 100 workers, a run that is later than its interval
is left out, and so it is lateness that ends it, in Redis with its ticks of 100 ms before anything is busy; with 1,000 workers it is the number of runs.

The limits are the least certain figures here, as each is where two shared cores are full, and others had a part of them (a load average of 5 to 14). The ramp of
Redis with 1,000 workers was taken three times: all of 2,000 runs a second were done in the first, on the quietest machine, and it did not go further; 750 and
1,000 were the last in the second and the third, which is the one below. Postgres with 500 runs a second of 1,000 workers was taken five times: 81%, 59%, 55%, 39%
and 31% done. Whether it serves less beyond its limit than at it cannot be told from that.

${names.map((name) => `### ${titles[name]}, 100 workers\n\n${rampTable(results[name].ramp)}\n\n### ${titles[name]}, 1,000 workers\n\n${rampTable(results[name].rampOfMany)}`).join("\n\n")}

## The model

With *R* replicas, *N* workers, *ρ* runs a second in the whole fleet, *P* the seconds from one census to the next (5, or 5 ms a worker, if that is more), and *M* the jobs that
one reads (a twelfth of *N*, but at least 50, or all, if there are fewer):

    cost = a · R + b · R · M / P + c · ρ

which is what the code does: a stalled check every 5 s and five range reads a census (*a*), the jobs read in each census of each replica (*b*), and what BullMQ
does to give, keep and delay a job (*c*). Fitted to the loads of 10, 100 and 1,000 workers with three replicas, by the share it is off. All other loads were taken when a
census still read every job each time, so that what is predicted for them is too little:

| | *a* a replica | *b* a job read | *c* a run |
|---|---|---|---|
${names.flatMap((name) => Object.entries(costs).map(([cost, title]) => `| ${titles[name]}, ${cost === "statements" ? title : `CPU of the ${title} (ms/s)`} | ${models[name][cost].map((value) => figure(cost === "statements" ? value : value * 1_000)).join(" | ")} |`)).join("\n")}

### How far it is off

Predicted beside measured, in per cent. The ramps, and the loads of 5,000 workers and more, were not used for the fit. What is cheap is off by more, as a run
that is due on its own costs more (see below); with 20,000 workers Postgres was no longer in a steady state, which no model of one describes.

| | load | ${Object.values(costs)
    .map((title) => (title === "statements/s" ? title : `CPU of ${title}`))
    .join(" | ")} |
|---|---|---|---|---|
${names.flatMap((name) => checks(name, results[name], models[name])).join("\n")}

${said.extrapolation}
`;
}

function checks(name, { loads, ramp, rampOfMany }, coefficients) {
  const rows = [...loads.filter(({ kind }) => kind !== "spread"), ...[...ramp, ...rampOfMany].filter(({ done }) => done >= 0.99)];
  return rows.map((load) => {
    const measured = { statements: load.statements, serverCpu: load.serverCpu, replicaCpu: sum(load.replicaCpu) };
    const cells = Object.keys(costs).map((cost) => percent(predicted(coefficients[cost], name, load) / measured[cost] - 1));
    return `| ${titles[name]} | ${load.replicas} × ${number(load.workers)} workers, ${load.repeat} | ${cells.join(" | ")} |`;
  });
}

function loadTable(loads) {
  const lines = loads.map((load) => [
    `${number(load.workers)}${load.spread ? ", spread" : ""}`,
    load.replicas,
    figure(load.statements),
    figure(load.statements / load.runs),
    share(load.serverCpu),
    load.replicaCpu.map(share).join(", "),
    figure(load.latenessP50),
    figure(load.latenessP99),
    share(load.done),
    load.connections,
    kib(load.bytes),
  ]);
  return table(
    [
      "workers",
      "replicas",
      "statements/s",
      "a run",
      "CPU server",
      "CPU each replica",
      "late p50 (ms)",
      "late p99 (ms)",
      "done",
      "connections",
      "database (KiB)",
    ],
    lines,
  );
}

function idleTable(name, loads) {
  const lines = loads.map((load) => [
    number(load.workers),
    figure(load.statements),
    share(load.serverCpu),
    load.replicaCpu.map(share).join(", "),
    figure(1 / censusRate(name, load)),
    load.connections,
    kib(load.bytes),
    load.complaintCount,
  ]);
  return table(
    [
      "workers",
      "statements/s",
      "CPU server",
      "CPU each replica",
      "a census every (s)",
      "connections",
      "database (KiB)",
      "complaints logged",
    ],
    lines,
  );
}

function kindTable(loads) {
  const [runs, idle] = ["runs", "idle"].map((kind) => loads.find((load) => load.kind === kind && load.workers === 1_000));
  const kinds = Object.keys({ ...runs.byKind, ...idle.byKind }).filter(
    (kind) => (runs.byKind[kind]?.perSecond ?? 0) + (idle.byKind[kind]?.perSecond ?? 0) >= 0.5,
  );
  return table(
    ["", "a run every 10 s", "nothing due"],
    kinds.map((kind) => [kind, figure(runs.byKind[kind]?.perSecond ?? 0), figure(idle.byKind[kind]?.perSecond ?? 0)]),
  );
}

function memoryTable(results) {
  const lines = names.map((name) => {
    const { loads } = results[name];
    const of = (kind, workers) => loads.find((load) => load.kind === kind && load.workers === workers);
    const [few, many, busy] = [of("idle", 10), of("idle", 1_000), of("runs", 1_000)];
    const perWorker = (field) => (mean(many[field]) - mean(few[field])) / 990;
    return [
      titles[name],
      figure(perWorker("heapUsed") / 1_024),
      figure(perWorker("rss") / 1_024),
      figure((many.bytes - few.bytes) / 990 / 1_024),
      figure((busy.bytes - of("runs", 10).bytes) / 990 / 1_024),
      ...[10, 100, 1_000].map((workers) => figure(of("idle", workers).join.all)),
    ];
  });
  return table(
    [
      "",
      "heap of a replica a worker (KiB)",
      "RSS of a replica a worker (KiB)",
      "database a worker that waits (KiB)",
      "that runs (KiB)",
      "join of 10 (ms)",
      "of 100",
      "of 1,000",
    ],
    lines,
  );
}

function rampTable(ramp) {
  return table(
    ["runs due/s", "done/s", "done", "statements/s", "CPU server", "CPU each replica", "late p50 (ms)", "late p99 (ms)"],
    ramp.map((load) => [
      figure(load.due),
      figure(load.runs),
      share(load.done),
      figure(load.statements),
      share(load.serverCpu),
      load.replicaCpu.map(share).join(", "),
      figure(load.latenessP50),
      figure(load.latenessP99),
    ]),
  );
}

function share(value) {
  return `${(value * 100).toFixed(1)}%`;
}

function percent(value) {
  return `${value >= 0 ? "+" : "−"}${Math.abs(Math.round(value * 100))}%`;
}

function kib(bytes) {
  return number(Math.round(bytes / 1_024));
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values) {
  return sum(values) / values.length;
}

function versionOf(path) {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")).version;
}
