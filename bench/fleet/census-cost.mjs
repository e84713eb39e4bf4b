// What one census costs, and what it could: reading all jobs one by one, in one statement, and only counting them. Run with --import tsx.
import { createRequire } from "node:module";
import { postgres, redis } from "./servers.mjs";

const servers = { postgres, redis };

const { createPostgresBackend, createRedisBackend, Queue } = createRequire(import.meta.url)("bullmq");
const count = Number(process.argv[2] ?? 5_000);
const data = {
  memory: { repeat: [{ start: 1_795_000_000_000, slot: 3, interval: 10_000 }] },
  phase: "waiting",
  due: 1_795_000_000_000,
  until: 1_795_000_000_000,
  isDone: false,
  status: {
    name: "worker",
    health: "ok",
    phase: "waiting",
    runs: 3,
    failures: 0,
    attempt: 0,
    lastStart: 1,
    lastDuration: 1,
    lastError: null,
    nextDue: 1,
  },
};

for (const name of ["postgres", "redis"]) {
  const server = await servers[name]();
  const [connection, backend] =
    name === "postgres"
      ? [{ connectionString: server.url, schema: "watchbill", migrate: true, max: 4 }, createPostgresBackend]
      : [{ url: server.url }, createRedisBackend];
  const queue = new Queue("load", { connection, prefix: "watchbill" }, backend);
  await queue.waitUntilReady();
  await queue.addBulk(
    Array.from({ length: count }, (_, n) => ({ name: `worker ${n}`, data, opts: { jobId: `worker-${n}`, delay: 3_600_000 } })),
  );
  await time("one by one, as a census does", () => queue.getJobs(["delayed"]));
  await time("counted", () => queue.getJobCounts("active", "delayed", "waiting", "failed", "completed"));
  const whole =
    name === "postgres"
      ? () => queue.backend.query("SELECT id, name, state, data, progress, processed_by FROM job WHERE queue = $1", ["load"])
      : undefined;
  if (whole) await time("in one statement", whole);
  if (name === "redis") await time("in one script (the first half of getJobs)", () => queue.backend.getJobs(["delayed"], 0, -1));
  await queue.close();
  await server.stop();

  async function time(what, act) {
    const figures = [];
    for (let n = 0; n < 3; n++) {
      const [begun, used, own] = [performance.now(), server.cpu(), process.cpuUsage()];
      await act();
      const { user, system } = process.cpuUsage(own);
      figures.push(
        `${(performance.now() - begun).toFixed(0)} ms (server ${server.cpu() - used} ms, client ${((user + system) / 1_000).toFixed(0)} ms of CPU)`,
      );
    }
    console.log(name, count, what, figures.join("; "));
  }
}
process.exit();
