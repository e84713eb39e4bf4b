// Prints how many statements a run of one worker costs, and how many connections each replica has, with more and more replicas.
//   node --import tsx spec/distributed/statements-per-run.ts [postgres|redis] [interval in ms]
import { Redis } from "ioredis";
import { Client, Pool } from "pg";
import { bootstrap, DeclarativeWorker, wait } from "watchbill";
import { bullmq } from "watchbill/bullmq";
import { startPostgres } from "../../samples/fleet/postgres-server.js";
import { startRedis } from "./redis-server.fixture.js";

const measured = 20_000;
const [kind = "postgres", interval = "1000"] = process.argv.slice(2);
const logger = { debug() {}, info() {}, warn: console.error, error: console.error };

/** The statements and the connections of a server up to now. */
interface Counts {
  readonly statements: number;
  readonly connections: number;
}

/**
 * Statements that the replicas, which all run in this process, have sent to Postgres: its own statistics count a transaction for
 * each notification that a replica receives, too.
 */
let sent = 0;
const query: unknown = Reflect.get(Client.prototype, "query");
Client.prototype.query = function (this: unknown, ...values: unknown[]) {
  sent++;
  return typeof query === "function" ? Reflect.apply(query, this, values) : undefined;
};

async function postgresCounts(pool: Pool): Promise<Counts> {
  const { rows } = await pool.query("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'");
  return { statements: sent, connections: Number(rows[0]?.count) - 1 };
}

async function redisCounts(client: Redis): Promise<Counts> {
  const stats = await client.info("commandstats");
  const calls = [...stats.matchAll(/calls=(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  const clients = await client.info("clients");
  return { statements: calls, connections: Number(/connected_clients:(\d+)/.exec(clients)?.[1]) - 1 };
}

async function measure(url: string, replicas: number, counts: () => Promise<Counts>): Promise<void> {
  let runs = 0;
  const runners = Array.from({ length: replicas }, () => {
    const engine = bullmq({ connection: url, namespace: `statements-${replicas}` });
    const worker = new DeclarativeWorker({ name: "tick", job: () => void runs++, repeat: Number(interval), distributed: true });
    return bootstrap([worker], { engine, logger, signals: [] });
  });
  const running = runners.map((runner) => runner.run());
  await wait(10_000);
  const [before, runsBefore] = [await counts(), runs];
  await wait(measured);
  const [after, runsAfter] = [await counts(), runs];
  const statements = (after.statements - before.statements) / (runsAfter - runsBefore);
  console.log(
    `${kind}, ${replicas} replicas: ${statements.toFixed(1)} statements a run, ${(after.connections / replicas).toFixed(1)} connections a replica`,
  );
  await Promise.all(runners.map((runner) => runner.stop()));
  await Promise.all(running);
}

const server = await (kind === "redis" ? startRedis() : startPostgres());
const pool = new Pool({ connectionString: server.url, max: 1 });
const client = kind === "redis" ? new Redis(server.url) : undefined;
for (const replicas of [1, 3, 6, 12])
  await measure(server.url, replicas, () => (client === undefined ? postgresCounts(pool) : redisCounts(client)));
client?.disconnect();
if (kind !== "redis") await pool.end();
await server.stop();
process.exit();
