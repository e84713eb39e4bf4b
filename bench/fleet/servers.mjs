import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { freePort, startPostgres } from "../../samples/fleet/postgres-server.ts";
import { cpuOf } from "./proc.mjs";

const require = createRequire(import.meta.url);
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Postgres as the tests have it (fsync off), and pg_stat_statements in it. */
export async function postgres() {
  const { Client } = require("pg");
  const server = await startPostgres();
  await asClient((client) => client.query("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'"));
  await server.restart();
  await asClient((client) => client.query("CREATE EXTENSION pg_stat_statements"));
  const { folder, version } = await asClient(async (client) => ({
    folder: (await client.query("SHOW data_directory")).rows[0].data_directory,
    version: (await client.query("SHOW server_version")).rows[0].server_version,
  }));
  const pid = Number(readFileSync(`${folder}/postmaster.pid`, "utf8").split("\n")[0]);

  async function asClient(act) {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    try {
      return await act(client);
    } finally {
      await client.end();
    }
  }

  return {
    name: "postgres",
    version: `Postgres ${version}`,
    url: server.url,
    // Each connection has a process, and the postmaster counts those that have ended.
    cpu: () => cpuOf(pid, { withEnded: true }) + sum(childrenOf(pid).map((child) => cpuOf(child))),
    clear: () =>
      asClient((client) => client.query("DROP SCHEMA IF EXISTS watchbill CASCADE; VACUUM")).catch(() =>
        asClient((client) => client.query("DROP SCHEMA IF EXISTS watchbill CASCADE")),
      ),
    /** By kind, since the server was started. What this file asks is left out. */
    statements: () =>
      asClient(async (client) => {
        const { rows } = await client.query(
          "SELECT query, sum(calls)::float AS calls, sum(total_exec_time)::float AS ms FROM pg_stat_statements WHERE query !~* 'pg_stat|pg_total_relation|data_directory|DROP SCHEMA|VACUUM' GROUP BY query",
        );
        const kinds = {};
        for (const { query, calls, ms } of rows) {
          const kind = kindOf(query);
          kinds[kind] = { calls: (kinds[kind]?.calls ?? 0) + calls, ms: (kinds[kind]?.ms ?? 0) + ms };
        }
        return kinds;
      }),
    bytes: () =>
      asClient(async (client) => {
        const { rows } = await client.query(
          "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::float AS bytes, coalesce(sum(pg_total_relation_size(c.oid)) FILTER (WHERE relname = 'job'), 0)::float AS job FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'watchbill' AND relkind IN ('r', 'S')",
        );
        return rows[0];
      }),
    connections: () =>
      asClient(
        async (client) =>
          (await client.query("SELECT count(*)::int - 1 AS n FROM pg_stat_activity WHERE backend_type = 'client backend'"))
            .rows[0].n,
      ),
    stop: () => server.stop(),
  };
}

/** What a statement is called: the function or table that it is about. */
function kindOf(query) {
  const text = query.replace(/--.*$/gm, "").replace(/\s+/g, " ").trim();
  if (/^SELECT \* FROM job WHERE/i.test(text)) return "read one job";
  if (/^UPDATE job SET data/i.test(text)) return "update_data";
  if (/locked_until_ms = /.test(text)) return "extend_locks";
  if (/EXISTS\(.*state = /.test(text)) return "has_waiting_job";
  const [, called] = /(?:FROM|SELECT) ([a-z_]+)\(/i.exec(text) ?? /FROM ([a-z_]+)\(/i.exec(text) ?? [];
  const [, from] = /FROM ([a-z_]+)\(/i.exec(text) ?? [];
  return from ?? called ?? text.slice(0, 40);
}

function childrenOf(pid) {
  const children = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === pid) children.push(Number(entry));
    } catch {
      // It has ended meanwhile.
    }
  }
  return children;
}

/** A Redis that keeps everything in memory alone. */
export async function redis() {
  const { Redis } = require("ioredis");
  const port = await freePort();
  const server = spawn("redis-server", ["--save", "", "--bind", "127.0.0.1", "--port", String(port), "--appendonly", "no"], {
    stdio: "ignore",
  });
  const end = () => server.kill();
  process.once("exit", end);
  const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 50, maxRetriesPerRequest: null });
  // It is connected as soon as the server is up.
  client.on("error", () => {});
  await client.ping();
  const empty = await field("memory", "used_memory");

  async function field(section, name) {
    return Number(new RegExp(`^${name}:(.+)$`, "m").exec(await client.info(section))[1]);
  }

  return {
    name: "redis",
    version: `Redis ${execFileSync("redis-server", ["--version"], { encoding: "utf8" }).match(/v=(\S+)/)[1]}`,
    url: `redis://127.0.0.1:${port}`,
    cpu: () => cpuOf(server.pid),
    clear: () => client.flushall(),
    /** By command: also those that scripts give. */
    async statements() {
      const kinds = {};
      for (const [, name, calls, us] of (await client.info("commandstats")).matchAll(
        /^cmdstat_([^:]+):calls=(\d+),usec=(\d+)/gm,
      )) {
        if (!/^(info|flushall|ping|config)/.test(name)) kinds[name] = { calls: Number(calls), ms: Number(us) / 1_000 };
      }
      return kinds;
    },
    async bytes() {
      const bytes = (await field("memory", "used_memory")) - empty;
      return { bytes, job: bytes };
    },
    connections: async () => (await field("clients", "connected_clients")) - 1,
    async stop() {
      client.disconnect();
      process.removeListener("exit", end);
      if (server.exitCode !== null) return;
      server.kill();
      await once(server, "exit");
    },
  };
}
