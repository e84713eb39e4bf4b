import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { freePort, startPostgres } from "../../samples/fleet/postgres-server.ts";
import { sum } from "../statistics.mjs";

const require = createRequire(import.meta.url);

/** Starts the Postgres of the specs (`fsync` off) with pg_stat_statements. */
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
    // Each connection has its own process; the postmaster adds the CPU time of the processes that have exited.
    cpu: () => cpuOf(pid, { withExitedChildren: true }) + sum(childrenOf(pid).map((child) => cpuOf(child))),
    clear: () =>
      asClient((client) => client.query("DROP SCHEMA IF EXISTS watchbill CASCADE; VACUUM")).catch(() =>
        asClient((client) => client.query("DROP SCHEMA IF EXISTS watchbill CASCADE")),
      ),
    /** The statements since the start of the server, by kind, without those of this file. */
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

/** Names a statement after the function or table that it uses. */
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
      // The process has exited since.
    }
  }
  return children;
}

/** Starts a Redis without persistence. */
export async function redis() {
  const { Redis } = require("ioredis");
  const port = await freePort();
  const server = spawn("redis-server", ["--save", "", "--bind", "127.0.0.1", "--port", String(port), "--appendonly", "no"], {
    stdio: "ignore",
  });
  const kill = () => server.kill();
  process.once("exit", kill);
  const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 50, maxRetriesPerRequest: null });
  // The client reconnects until the server is up.
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
    /** The commands since the start of the server, including those of scripts, by name. */
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
      process.removeListener("exit", kill);
      if (server.exitCode !== null) return;
      server.kill();
      await once(server, "exit");
    },
  };
}

/** Returns the CPU time of a process, in ms of one core. Linux counts in units of 10 ms. Returns 0 if the process has exited. */
export function cpuOf(pid, { withExitedChildren = false } = {}) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [user, system, childUser, childSystem] = fields.slice(11, 15);
    return (user + system + (withExitedChildren ? childUser + childSystem : 0)) * 10;
  } catch {
    return 0;
  }
}
