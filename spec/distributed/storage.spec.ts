import { spawnSync } from "node:child_process";
import { runMigrations } from "bullmq";
import { expect } from "chai";
import { Cluster, Redis } from "ioredis";
import { Pool } from "pg";
import { bootstrap, DeclarativeWorker, InvalidArgumentError, type Runner } from "watchbill";
import { type BullMQOptions, bullmq } from "watchbill/bullmq";
import { recordingLogger } from "watchbill/testing";
import { freePort } from "../../samples/fleet/postgres-server.js";
import { ScratchFolder } from "../../samples/fleet/scratch-folder.js";
import { TiedProcess } from "../../samples/fleet/tied-process.js";
import type { FleetServer } from "./fleet-server.fixture.js";
import { pgbouncerBefore } from "./pgbouncer.fixture.js";
import { postgres } from "./postgres-server.fixture.js";
import { redis } from "./redis-server.fixture.js";

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("bullmq(), with its tables and keys where the user wants them", function () {
  this.timeout(60_000);
  const logger = recordingLogger();
  const started: { readonly runner: Runner; readonly running: Promise<void> }[] = [];
  let runs = 0;
  let server: FleetServer;
  let admin: Pool;

  beforeEach(() => {
    runs = 0;
    logger.clear();
  });
  afterEach(async function () {
    if (this.currentTest?.state === "failed")
      console.log(logger.entries.map(({ message, details }) => [message, shown(details)]));
    for (const { runner, running } of started.splice(0)) {
      await runner.stop();
      await running;
    }
  });

  function start(options: Omit<BullMQOptions, "namespace">, repeat = 200): void {
    const worker = new DeclarativeWorker({ name: "tick", job: () => void runs++, repeat, distributed: true });
    const engine = bullmq({ namespace: "storage", ...options });
    const runner = bootstrap([worker], { engine, logger, signals: [] });
    started.push({ runner, running: runner.run() });
  }

  const refused: [string, object, RegExp][] = [
    ["a schema that is not a simple name", { schema: "a b" }, /schema is a string: pass small letters/],
    ["a migrate that is not a boolean", { migrate: "no" }, /migrate is a string: pass true or false/],
    ["one connection", { max: 1 }, /max is 1: pass a whole number, 2 or more/],
    ["a schema that Postgres reserves", { schema: "pg_mine" }, /schema is a string: pass small letters/],
    ["a namespace with a control character", { namespace: "a\nb" }, /The namespace is a string that is long or has control/],
    ["a namespace with a lone surrogate", { namespace: "a\ud800" }, /The namespace is a string that is long or has control/],
    ["a long namespace", { namespace: "a".repeat(300) }, /The namespace is a string that is long or has control/],
    ["a prefix with a lone surrogate", { prefix: "a\ud800" }, /prefix is a string: pass a string of up to 200 characters/],
    ["an empty prefix", { prefix: "" }, /prefix is .*: pass a string/],
  ];
  for (const [what, options, message] of refused) {
    it(`refuses ${what}`, () => {
      const call = (): unknown => Reflect.apply(bullmq, undefined, [{ connection: "redis://x", namespace: "a", ...options }]);
      expect(call).to.throw(InvalidArgumentError, message);
    });
  }

  describe("on Postgres", () => {
    before(async function () {
      server = await postgres.startFor(this);
      admin = new Pool({ connectionString: server.url, max: 1 });
    });
    after(async () => {
      await admin?.end();
      await postgres.stop();
    });

    it("uses at most 4 connections, or as many as max says", async () => {
      for (const [max, most] of [
        [undefined, 4],
        [2, 2],
      ] as const) {
        const count = async (): Promise<number> => {
          const { rows } = await admin.query("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'");
          return Number(rows[0].count) - 1;
        };
        const workers = Array.from(
          { length: 20 },
          (_, index) => new DeclarativeWorker({ name: `w${index}`, job: () => void runs++, repeat: 50, distributed: true }),
        );
        const engine = bullmq({ connection: server.url, namespace: `max-${most}`, max });
        const runner = bootstrap(workers, { engine, logger, signals: [] });
        started.push({ runner, running: runner.run() });
        const before = runs;
        await until(() => runs > before + 200);
        expect(await count()).to.be.within(2, most);
        await runner.stop();
      }
    });

    it("uses the options of the URL, and the search path of its schema", async () => {
      const url = new URL(server.url);
      url.searchParams.set("options", "-c application_name=mine");
      start({ connection: url.href, schema: "optioned" });
      await until(() => runs >= 3);
      const { rows: named } = await admin.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mine'");
      expect(Number(named[0].count)).to.be.within(2, 4);
      const { rows } = await admin.query("SELECT count(*) FROM optioned.job");
      expect(rows[0].count).to.equal("1");
    });

    it("keeps two services apart that have a role and a prepared schema each, and no right to create", async () => {
      const names = ["one", "other"];
      for (const name of names) {
        const client = await admin.connect();
        await runMigrations(client, name);
        client.release();
        await admin.query(`
          CREATE ROLE ${name} LOGIN PASSWORD 'secret';
          GRANT USAGE ON SCHEMA ${name} TO ${name};
          GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${name} TO ${name};
          GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${name} TO ${name}`);
      }
      for (const [index, name] of names.entries()) {
        const url = new URL(server.url);
        url.username = name;
        url.password = "secret";
        const before = runs;
        start({ connection: url.href, schema: name, migrate: index === 0 });
        await until(() => runs >= before + 5);
      }
      for (const name of names) {
        const { rows } = await admin.query(`SELECT count(*) FROM ${name}.job`);
        expect(rows[0].count).to.equal("1");
      }
    });

    it("keeps apart what two services in two schemas announce, whatever their names", async () => {
      const times: Record<string, number[]> = { staging: [], production: [] };
      for (const [schema, begun] of Object.entries(times)) {
        const job = (): void => void begun.push(Date.now());
        const worker = new DeclarativeWorker({ name: "tick", job, repeat: 400, distributed: true });
        const engine = bullmq({ connection: server.url, namespace: "storage", schema });
        const runner = bootstrap([worker], { engine, logger, signals: [] });
        started.push({ runner, running: runner.run() });
      }
      await until(() => Object.values(times).every(({ length }) => length >= 30));
      const gaps = Object.values(times).flatMap((begun) => begun.slice(1).map((at, index) => at - (begun[index] ?? at)));
      // Otherwise one would forget its next run with a run of the other, until the next reconciliation, five seconds later.
      expect(Math.max(...gaps)).to.be.below(3_000);
    });

    it("says what to do if the role may not create the schema", async () => {
      await admin.query("CREATE ROLE weak LOGIN PASSWORD 'secret'");
      const url = new URL(server.url);
      url.username = "weak";
      url.password = "secret";
      start({ connection: url.href, schema: "forbidden" });
      const cure = "The schema forbidden is missing, and this role may not change that: run runMigrations";
      await until(() => logger.entries.some(({ details }) => shown(details).includes(cure)));
    });

    it("does not create anything for a pool whose search path is another", async () => {
      const pool = new Pool({ connectionString: server.url });
      start({ connection: pool, schema: "unused" });
      await until(() => logger.entries.some(({ details }) => shown(details).includes("does not begin with unused")));
      await started[0]?.runner.stop();
      await pool.end();
      const { rows } = await admin.query("SELECT count(*) FROM pg_namespace WHERE nspname = 'unused'");
      expect(rows[0].count).to.equal("0");
    });

    it("connects by a socket, whose folder is a parameter of the URL", async () => {
      const { rows } = await admin.query("SELECT current_setting('unix_socket_directories') AS folders");
      const [folder = ""] = String(rows[0].folders).split(",");
      const { username, password, port, pathname } = new URL(server.url);
      expect(() => bullmq({ connection: `postgres://${pathname}?host=/tmp`, namespace: "a" })).to.not.throw();
      const host = folder === "" ? "127.0.0.1" : encodeURIComponent(folder);
      const url = `postgres:///${pathname.slice(1)}?host=${host}&port=${port}&user=${username}&password=${password}`;
      start({ connection: url });
      await until(() => runs >= 3);
    });

    it("says what to do if the schema is missing and must not be created, or the search path of a pool is another", async () => {
      start({ connection: server.url, schema: "nowhere", migrate: false });
      await until(() => logger.entries.some(({ details }) => shown(details).includes("The schema nowhere is missing")));
      const pool = new Pool({ connectionString: server.url });
      start({ connection: pool });
      await until(() => logger.entries.some(({ details }) => shown(details).includes("does not begin with bullmq")));
      await Promise.all(started.map(({ runner }) => runner.stop()));
      await pool.end();
    });

    describe("behind pgbouncer in transaction mode", () => {
      const kind = pgbouncerBefore(() => server);
      let pgbouncer: FleetServer;

      before(async function () {
        await admin.query("ALTER ROLE watchbill SET search_path = pooled");
        pgbouncer = await kind.startFor(this);
      });
      after(() => kind.stop());

      it("says what to do if the search path is not that of the role", async () => {
        start({ connection: pgbouncer.url, schema: "other" });
        await until(() => logger.entries.some(({ details }) => shown(details).includes("ALTER ROLE … SET search_path = other")));
      });

      it("asks for due jobs twice a second, and says so", async () => {
        start({ connection: pgbouncer.url, schema: "pooled" }, 1_000);
        await until(() => runs >= 4);
        expect(logger.lines.join()).to.include("asking for due jobs twice a second");
      });
    });
  });

  describe("on Redis", () => {
    before(async function () {
      server = await redis.startFor(this);
    });
    after(() => redis.stop());

    it("uses the prefix", async () => {
      start({ connection: server.url, prefix: "mine" });
      await until(() => runs >= 2);
      const client = new Redis(server.url);
      const keys = await client.keys("*storage*");
      client.disconnect();
      expect(keys.filter((key) => !key.startsWith("mine:"))).to.deep.equal([]);
    });
  });

  describe("on a Redis Cluster", () => {
    let node: TiedProcess | undefined;
    let home: ScratchFolder | undefined;
    let port = 0;

    before(async function () {
      await redis.requireFor(this);
      if (spawnSync("redis-server", ["--version"]).status !== 0) this.skip();
      home = new ScratchFolder("watchbill-cluster-");
      port = await freePort();
      const flags = [
        "--port",
        `${port}`,
        "--cluster-enabled",
        "yes",
        "--cluster-announce-ip",
        "127.0.0.1",
        "--save",
        "",
        "--cluster-port",
        `${await freePort()}`,
      ];
      node = new TiedProcess("redis-server", flags, { cwd: home.path });
      const client = new Redis(port, { retryStrategy: () => 50 });
      client.on("error", () => {});
      await client.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
      while (!((await client.call("CLUSTER", "INFO")) as string).includes("cluster_state:ok")) await new Promise(setImmediate);
      client.disconnect();
    });
    after(async () => {
      await node?.end();
      await home?.remove();
    });

    it("runs with a client of the cluster and a prefix in braces, and refuses another prefix", async () => {
      const cluster = new Cluster([{ host: "127.0.0.1", port }], { redisOptions: { maxRetriesPerRequest: null } });
      expect(() => bullmq({ connection: cluster, namespace: "a" })).to.throw(InvalidArgumentError, /pass a prefix in braces/);
      start({ connection: cluster, prefix: "{watchbill}" });
      await until(() => runs >= 3);
      await started[0]?.runner.stop();
      cluster.disconnect();
    });

    it("refuses a URL and a client of one of its nodes", async () => {
      const client = new Redis(port, { maxRetriesPerRequest: null });
      for (const connection of [`redis://127.0.0.1:${port}`, client]) {
        start({ connection });
        await until(() => logger.entries.some(({ details }) => shown(details).includes("a node of a Redis Cluster")));
        logger.clear();
      }
      await Promise.all(started.map(({ runner }) => runner.stop()));
      client.disconnect();
    });
  });
});

function shown(details: unknown): string {
  return details !== null && typeof details === "object" && "err" in details ? String(details.err) : "";
}
