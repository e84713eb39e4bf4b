import { figure, number, table } from "./markdown.mjs";
import { censusRate, predicted, readAtOnce } from "./model.mjs";

const titles = { postgres: "Postgres", redis: "Redis" };
const names = ["postgres", "redis"];

/** What is said in words about the figures, and what is computed from them alone. */
export function prose(results, models) {
  const of = (name, kind, workers) => results[name].loads.find((load) => load.kind === kind && load.workers === workers);
  return { summary: summary(results, of), extrapolation: extrapolation(results, models, of) };
}

function summary(results, of) {
  const { postgres, redis } = Object.fromEntries(
    names.map((name) => [name, { runs: of(name, "runs", 1_000), idle: of(name, "idle", 1_000) }]),
  );
  return `In short, for 1,000 workers and three replicas: a run every 10 s each takes ${percentOf(postgres.runs.serverCpu)} of one core of Postgres, or ${percentOf(redis.runs.serverCpu)} of Redis.
Without any run, it is ${percentOf(postgres.idle.serverCpu)} and ${percentOf(redis.idle.serverCpu)}, almost all of it for the census. Postgres kept up with ${number(kept(results.postgres))} runs a second here, Redis with ${number(kept(results.redis))}:
lower bounds, as others used the machine (see there).`;
}

/** The most runs a second of which as good as all were done. */
function kept({ ramp, rampOfMany }) {
  return Math.round(Math.max(...[...ramp, ...rampOfMany].filter(({ done }) => done >= 0.99).map(({ due }) => due)));
}

function extrapolation(results, models, of) {
  const workers = 100_000;
  const replicas = 3;
  const frequencies = [
    ["10 s", workers / 10],
    ["5 min", workers / 300],
    ["day", workers / 86_400],
  ];
  const perJob = Object.fromEntries(names.map((name) => [name, censusTime(name, results[name].loads)]));
  const lines = names.flatMap((name) =>
    frequencies.map(([every, runs]) => {
      const period = Math.max(5, 0.005 * workers);
      const [a, b, c] = [0, 1, 2].map((n) => [models[name].statements[n], models[name].serverCpu[n], models[name].replicaCpu[n]]);
      const cost = (n, run = c[n]) => a[n] * replicas + (b[n] * replicas * readAtOnce(workers)) / period + run * runs;
      const { statements, serverCpu } = aRun(name, results, models, replicas);
      return [
        titles[name],
        `1 run/${every}`,
        figure(runs),
        figure(cost(0)),
        figure(cost(1)),
        figure(cost(2) / replicas),
        figure(cost(0, statements)),
        figure(cost(1, serverCpu)),
        `${figure((runs / kept(results[name])) * 100)}%`,
      ];
    }),
  );
  const bytes = (name) => (of(name, "runs", 1_000).bytes - of(name, "runs", 10).bytes) / 990;
  const heap = (name) => (mean(of(name, "idle", 1_000).heapUsed) - mean(of(name, "idle", 10).heapUsed)) / 990;
  return `${spreadRuns(results, models)}

## Computed: 100,000 workers

Nothing in this section was measured with 100,000 workers. It is the model, with three replicas. "Spread" is the same if each
run cost what it does on its own at ten runs a second, which is the most that it may be: the more there are, the more of them share a wake-up.

${table(["", "each worker", "runs/s", "statements/s", "cores of the server", "cores of each replica", "statements/s, spread", "cores of the server, spread", "of what this machine served"], lines)}

Beside that, ${names.map((name) => `${figure((bytes(name) * workers) / 2 ** 20)} MiB in ${titles[name]}`).join(" and ")}, and ${names.map((name) => `${figure((heap(name) * workers) / 2 ** 20)} MiB of heap in each replica on ${titles[name]}`).join(", ")}, without what a census holds while it runs.

### Which limit comes first

1. **Joining.** The first census of a replica reads every job, one statement each, through at most four connections: ${names.map((name) => `${figure(perJob[name] * 1_000)} ms a job on ${titles[name]}`).join(", ")} here, and has
   10 s for that, or 2 ms a worker if that is more. Later ones read a twelfth. With 20,000 workers that joined at once, and a census that read all jobs each time and had 10 s at most, as it was when that was measured,
   Postgres did not get that far: replicas logged that the database does not answer, and lost turns (871 complaints in the window). Redis had none, but took half a minute to join them.
   It was not measured again since a census reads less.
2. **The server's CPU.** A run costs ${names.map((name) => `${figure(models[name].serverCpu[2] * 1_000)} ms of ${titles[name]}`).join(" and ")}; a core is full at ${names.map((name) => number(Math.round(1 / models[name].serverCpu[2] / 10) * 10)).join(" and ")} runs a second. Postgres uses more cores than one, Redis does not.
   If every run cost what it does on its own at ten a second, that core would be full at ${[1, 3, 6].map((count) => number(Math.round(1 / aRun("postgres", results, models, count).serverCpu))).join(", ")} runs a second of Postgres with 1, 3 and 6 replicas; it did more than that in the ramps, where runs come together.
3. **A replica's event loop.** A run costs ${names.map((name) => `${figure(models[name].replicaCpu[2] * 1_000)} ms (${titles[name]})`).join(" and ")} of the replica that has it, so that one replica is full at ${names.map((name) => number(Math.round(1 / models[name].replicaCpu[2] / 10) * 10)).join(" and ")} runs a second: more replicas help.
4. **Connections to Postgres.** A replica has up to nine: two pools of four, and one to listen. Of the hundred that Postgres allows by default, eleven replicas take all.
5. **More at once than can be had.** All that is due is taken at once, as BullMQ's concurrency is one more than there are workers, and then waits in the replica for
   one of four connections, with its lock running. That is a likely cause of the turns lost while 20,000 joined, and not a proven one. A trial on a copy, not in
   this script, with the concurrency held at 20: 20,000 joined without a complaint, once, in 55 s instead of 31 s. Held at 8, the load of 500 runs a second is no
   clear case: 99.8% done instead of 80.7% in a first pair, 38.0% instead of 38.7% in a second, on a busier machine, and two more that did not end in
   80 s, where those without a limit did. 1,000 joined in 8.2 and 11.1 s instead of 5.2 and 8.8 s.
6. Memory is no limit.

### What one would do

- At 1 run a day or 1 run every 5 min, runs are not the problem: to have them all in one process is. Replicas that each have a part of the workers, in a namespace
  of their own, divide the joining, the memory and the censuses.
- At 1 run every 10 s, 10,000 runs a second are ${figure(10_000 / kept(results.postgres))} times what Postgres and ${figure(10_000 / kept(results.redis))} times what Redis served on two cores that it had to share with its replicas:
  longer intervals, several databases with a namespace each, or no fleet for what is that frequent, as a run in one process alone costs some
  microseconds (docs/benchmarks.md), and here milliseconds.
`;
}

/** What a run costs that is on its own: what is measured, without what the model has for replicas and censuses. */
function aRun(name, results, models, replicas) {
  const load = results[name].loads.find((found) => found.kind === "spread" && found.replicas === replicas);
  const alone = (cost) => (load[cost] - predicted(models[name][cost], name, { ...load, runs: 0 })) / load.runs;
  return { statements: alone("statements"), serverCpu: alone("serverCpu") };
}

function spreadRuns(results, models) {
  const lines = names.flatMap((name) => {
    const together = [
      titles[name],
      "together",
      "any",
      figure(models[name].statements[2]),
      figure(models[name].serverCpu[2] * 1_000),
    ];
    const alone = [1, 3, 6].map((replicas) => {
      const { statements, serverCpu } = aRun(name, results, models, replicas);
      return [titles[name], "spread", replicas, figure(statements), figure(serverCpu * 1_000)];
    });
    return [together, ...alone];
  });
  return `### Where runs are not due together

*c* holds for runs that are due together, as after a start of everything at once. Each one that is due on its own wakes every replica, on Postgres twice: when it is
due, and when it is delayed again, which is told to all that listen. Ten runs a second of 100 workers, without what the model has for replicas and censuses:

${table(["", "runs", "replicas", "statements a run", "CPU of the server a run (ms)"], lines)}`;
}

/** How long a census takes a job, in s: it is a twentieth of the time from one to the next, once that is more than 5 s. */
function censusTime(name, loads) {
  const idle = loads.filter(({ kind, workers }) => (kind === "idle" || kind === "many") && workers >= 1_000);
  const stretched = idle
    .map((load) => ({ workers: load.workers, period: 1 / censusRate(name, load) }))
    .filter(({ period }) => Number.isFinite(period) && period > 5.5);
  const { workers, period } = stretched.at(0) ?? { workers: 1_000, period: 5.2 };
  return period / 20 / workers;
}

function mean(values) {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function percentOf(value) {
  return `${(value * 100).toFixed(1)}%`;
}
