import { inspect } from "node:util";
import { expect } from "chai";
import { Redis } from "ioredis";
import { Pool } from "pg";
import {
  bootstrap,
  DeclarativeWorker,
  InvalidArgumentError,
  type LateEvent,
  type Logger,
  observe,
  type Runner,
  StaticBackoff,
  stopped,
  type WorkerContext,
  wait,
} from "watchbill";
import { type BullMQOptions, bullmq } from "watchbill/bullmq";
import { freePort } from "../../samples/fleet/postgres-server.js";
import type { FleetServer, ServerKind } from "./fleet-server.fixture.js";
import { postgres } from "./postgres-server.fixture.js";
import { redis } from "./redis-server.fixture.js";
import { TcpProxy } from "./tcp-proxy.fixture.js";

/** Keeps everything that is logged, including the properties of errors. */
class Log implements Logger {
  readonly lines: string[] = [];
  readonly debug = this.#take.bind(this);
  readonly info = this.#take.bind(this);
  readonly warn = this.#take.bind(this);
  readonly error = this.#take.bind(this);

  #take(details: object | string, message?: string): void {
    this.lines.push(inspect([message, details], { depth: 10, showHidden: true }));
  }

  get all(): string {
    return this.lines.join("\n");
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A value that throws on every access. */
function untouchable(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** The number of sockets and timers that keep this process alive. */
async function running(): Promise<number> {
  // A timer counts until its callback returns, and Mocha sets its own after the spec has begun.
  await new Promise(setImmediate);
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout" || kind.startsWith("TCP")).length;
}

/** Waits until there are no more sockets and timers than before. */
async function untilClosed(before: number): Promise<void> {
  while ((await running()) > before) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("bullmq()", () => {
  const secret = { password: "pass5word" };
  const refused: [string, unknown, RegExp][] = [
    ["no options", null, /^The options of bullmq are null: pass an object$/],
    ["a URL alone", "redis://:pass5word@localhost", /^The options of bullmq are a string: pass an object$/],
    ["a misspelt option", { connection: "redis://localhost", namespace: "a", lockduration: "pass5word" }, /lockDuration/],
    [
      "connection options",
      { connection: { host: "localhost", ...secret }, namespace: "a" },
      /^The connection is an object with the keys host, password: pass a URL such as/,
    ],
    [
      "a URL object",
      { connection: new URL("redis://:pass5word@localhost"), namespace: "a" },
      /^The connection is an instance of URL: pass a URL such as "redis:\/\/localhost"/,
    ],
    [
      "a connection with a custom inspection",
      { connection: { [inspect.custom]: () => "pass5word" }, namespace: "a" },
      /^The connection is an object without keys/,
    ],
    [
      "a connection that throws on every access",
      { connection: untouchable(), namespace: "a" },
      /^The connection is a proxy: pass/,
    ],
    [
      "a namespace that is an object",
      { connection: "redis://localhost", namespace: secret },
      /an object with the key password: pass/,
    ],
    [
      "a namespace that is the URL",
      { connection: "redis://localhost", namespace: "redis://:pass5word@h" },
      /a string with a colon/,
    ],
    ["an empty namespace", { connection: "redis://localhost", namespace: " " }, /^The namespace is an empty string: pass/],
    ["a connection that is not a URL", { connection: "localhost:pass5word", namespace: "a" }, /not a URL of Redis or Postgres/],
    ["a URL of something else", { connection: "https://user:pass5word@host", namespace: "a" }, /begins with redis:/],
    ["a URL without a host", { connection: "redis:pass5word@127.0.0.1", namespace: "a" }, /not a URL of Redis or Postgres/],
    ["a connection that is a number", { connection: 5, namespace: "a" }, /^The connection is a number: pass a URL/],
    ["a connection that is any object", { connection: { password: "pass5word" }, namespace: "a" }, /a client of ioredis/],
    ["no namespace", { connection: "redis://localhost" }, /^The namespace is undefined: pass a string/],
    [
      "a namespace with a colon",
      { connection: "redis://localhost", namespace: "a:b" },
      /^The namespace is a string with a colon: pass a string without a colon that names the service, such as "billing"$/,
    ],
    [
      "a lock duration that is too short",
      { connection: "redis://localhost", namespace: "a", lockDuration: 10 },
      /lockDuration is 10 ms/,
    ],
    ["a malformed lock duration", { connection: "redis://localhost", namespace: "a", lockDuration: "5x" }, /lockDuration/],
    [
      "a stalled interval of 0",
      { connection: "redis://localhost", namespace: "a", stalledInterval: 0 },
      /stalledInterval is 0 ms/,
    ],
  ];
  for (const [what, options, message] of refused) {
    it(`refuses ${what}, and does not repeat a password`, () => {
      const call = (): unknown => Reflect.apply(bullmq, undefined, [options]);
      expect(call).to.throw(InvalidArgumentError, message);
      expect(call).to.not.throw("pass5word");
    });
  }

  it("does not connect before a worker joins, and does not expose its connection", () => {
    const engine = bullmq({ connection: "redis://user:pass5word@localhost:1", namespace: "a" });
    expect(inspect(engine, { depth: 10, showHidden: true }) + JSON.stringify(engine)).to.not.include("pass5word");
  });

  it("refuses a second worker of the same name", async () => {
    const engine = bullmq({ connection: `redis://localhost:${await freePort()}`, namespace: "a" });
    const twins = [1, 2].map(() => {
      const declared = new DeclarativeWorker({ name: "twin", worker: ({ signal }) => stopped(signal), distributed: true });
      return bootstrap([declared], { engine, logger: new Log(), signals: [] });
    });
    const [first, second] = twins.map((runner) => runner.run());
    let error: unknown;
    await second?.catch((thrown: unknown) => (error = thrown));
    expect(inspect(error)).to.include("twin has already joined a in this process: use a unique name");
    await twins[0]?.stop();
    await first;
  });

  it("refuses a worker whose name is very long", async () => {
    const engine = bullmq({ connection: `redis://localhost:${await freePort()}`, namespace: "a" });
    const declared = new DeclarativeWorker({ name: "ü".repeat(200), repeat: "1h", job: () => {}, distributed: true });
    let error: unknown;
    await bootstrap([declared], { engine, logger: new Log(), signals: [] })
      .run()
      .catch((thrown: unknown) => (error = thrown));
    expect(inspect(error)).to.include("a name that is longer than 1000 characters when it is encoded: name it shorter");
  });

  for (const protocol of ["redis", "postgres"]) {
    it(`leaves nothing running when it is stopped while it cannot reach ${protocol}://`, async function () {
      this.timeout(20_000);
      const before = await running();
      const engine = bullmq({ connection: `${protocol}://:pass5word@127.0.0.1:${await freePort()}/0`, namespace: "a" });
      const log = new Log();
      const declared = new DeclarativeWorker({ name: "there", repeat: "1h", job: () => {}, distributed: true });
      // Before the first failed attempt to connect, and after it.
      for (const message of ["", "cannot be reached"]) {
        const runner = bootstrap([declared], { engine, logger: log, signals: [] });
        const run = runner.run();
        await until(() => log.all.includes(message));
        await runner.stop();
        await run;
        await untilClosed(before);
      }
      expect(log.all).to.not.include("pass5word");
    });
  }

  it("stops and starts again while the user's pool never connects", async () => {
    const pool = {
      connect: () => new Promise<never>(() => {}),
      query() {},
      on() {},
      end() {},
      options: { password: "pass5word" },
    };
    const engine = bullmq({ connection: pool, namespace: "a" });
    const declared = new DeclarativeWorker({ name: "there", repeat: "1h", job: () => {}, distributed: true });
    for (let start = 0; start < 2; start++) {
      const began = Date.now();
      const runner = bootstrap([declared], { engine, logger: new Log(), signals: [] });
      const run = runner.run();
      await runner.stop();
      await run;
      expect(Date.now() - began).to.be.lessThan(1_000);
    }
  });

  it("does not affect other workers while the database is away, and stops without it", async () => {
    const log = new Log();
    let runs = 0;
    const engine = bullmq({ connection: `postgres://me:pass5word@127.0.0.1:${await freePort()}/app`, namespace: "a" });
    const job = (): void => void runs++;
    const workers = [
      new DeclarativeWorker({ name: "here", job, repeat: 10 }),
      new DeclarativeWorker({ name: "there", job, repeat: 10, distributed: true }),
    ];
    const runner = bootstrap(workers, { engine, logger: log, signals: [] });
    const running = runner.run();
    await until(() => runs >= 20 && log.all.includes("restarting in"));
    const paused = runner.pause("there").catch((error: unknown) => String(error));
    await runner.stop();
    await running;
    expect(await paused).to.include("it left this replica before it was known to be idle on the others");
    expect(log.all).to.include("stopped before pauses and restarts could be stored, which other replicas do not know of: there");
    expect(runner.status().map(({ name, runs: count }) => [name, count > 0])).to.deep.equal([
      ["here", true],
      ["there", false],
    ]);
    expect(log.all).to.include("cannot be reached").and.to.not.include("pass5word");
  });
});

/** What someone else can do to the queue of a namespace. */
interface Damage {
  /** Each with what is logged when it is repaired. */
  readonly faults: Readonly<Record<string, readonly [repaired: string, act: () => Promise<unknown>]>>;
  readonly pause: () => Promise<unknown>;
  /** Stores that a worker was added, and has been due since, in 1970. */
  readonly age: (worker: string) => Promise<unknown>;
  readonly has: (worker: string) => Promise<boolean>;
  /** Makes the job of a worker active without a lock, and lets nothing check for that. */
  readonly loseLock: (worker: string) => Promise<unknown>;
  /** Over Redis: stores that expired locks are being checked for, without an end. Resolves when that has been corrected. */
  readonly checkWithoutEnd?: () => Promise<unknown>;
  /** Lets the database reject all writes, or accept them again. */
  readonly setReadOnly: (isReadOnly: boolean) => Promise<unknown>;
  close(): void;
}

type WorkerOptions = Omit<ConstructorParameters<typeof DeclarativeWorker>[0], "name" | "distributed">;

/** Specs of one process, with its own server. */
function describeEngine(
  kind: ServerKind,
  ready: (url: string) => { connection: BullMQOptions["connection"]; close: () => Promise<unknown> },
  damage: (url: string, namespace: string) => Damage,
): void {
  describe(`bullmq() over ${kind.name}`, function () {
    this.timeout(60_000);
    let server: FleetServer;
    let log: Log;
    const started: { readonly runner: Runner; readonly running: Promise<void> }[] = [];

    before(async function () {
      server = await kind.startFor(this);
    });
    after(() => kind.stop());
    beforeEach(() => {
      log = new Log();
    });
    afterEach(async () => {
      await stop();
      damaged?.close();
      damaged = undefined;
    });

    let damaged: Damage | undefined;

    function damageOf(namespace: string): Damage {
      damaged = damage(server.url, namespace);
      return damaged;
    }

    async function stop(): Promise<void> {
      for (const { runner, running } of started.splice(0)) {
        await runner.stop();
        await running;
      }
    }

    function run(
      namespace: string,
      worker: Omit<ConstructorParameters<typeof DeclarativeWorker>[0], "distributed">,
      connection: BullMQOptions["connection"] = server.url,
    ): Runner {
      const engine = bullmq({ connection, namespace, lockDuration: "3s", stalledInterval: "500ms" });
      const runner = bootstrap([new DeclarativeWorker({ ...worker, distributed: true })], { engine, logger: log, signals: [] });
      started.push({ runner, running: runner.run() });
      return runner;
    }

    it("waits for years", async () => {
      let runs = 0;
      const runner = run("years", {
        name: "rare",
        job: () => void runs++,
        repeat: { interval: "1095d", startImmediately: true },
      });
      await until(() => runs === 1 && runner.status()[0]?.nextDue !== null);
      const years = ((runner.status()[0]?.nextDue ?? 0) - Date.now()) / (365 * 86_400_000);
      expect(years).to.be.closeTo(3, 0.01);
      await stop();
      // The record is kept: `startImmediately` applies to the first start only.
      const again = run("years", { name: "rare", job: () => void runs++, repeat: { interval: "1095d", startImmediately: true } });
      await until(() => again.status()[0]?.runs === 1);
      expect(again.status()[0]).to.include({ phase: "waiting", health: "ok" });
      expect(runs).to.equal(1);
    });

    const never = { next: (after: Date) => new Date(after.getTime() + 365 * 86_400_000) };
    const eachSecond = { next: (after: Date) => new Date(Math.floor(after.getTime() / 1_000) * 1_000 + 1_000) };
    const fails = (): never => {
      throw new Error("no luck");
    };
    const rarelyRetried = { job: fails, repeat: { interval: "2h", startImmediately: true } } as const;
    const sleep = (duration: "1h" | "1s") => new StaticBackoff({ sleep: duration });
    /** Each with the first version of the worker, and the second one. */
    const deploys: [string, WorkerOptions, (run: () => void) => WorkerOptions][] = [
      ["an interval to a continuous worker", { job: () => {}, repeat: "1h" }, (run) => ({ worker: run, retry: sleep("1h") })],
      ["an interval to a schedule", { job: () => {}, repeat: "1h" }, (job) => ({ job, repeat: { schedule: eachSecond } })],
      ["a schedule to an interval", { job: () => {}, repeat: { schedule: never } }, (job) => ({ job, repeat: "1s" })],
      [
        "a backoff of 1 h to one of 1 s",
        { ...rarelyRetried, retry: sleep("1h") },
        (job) => ({ ...rarelyRetried, job, retry: sleep("1s") }),
      ],
      [
        "an initialDelay of 1 h to one of 1 s",
        { job: () => {}, repeat: { interval: "1h", initialDelay: "1h" } },
        (job) => ({ job, repeat: { interval: "1h", initialDelay: "1s" } }),
      ],
    ];
    for (const [what, old, changed] of deploys) {
      it(`runs within seconds after a deploy from ${what}`, async () => {
        const namespace = `deploy-${deploys.findIndex(([other]) => other === what)}`;
        const first = run(namespace, { name: "changed", ...old });
        await until(() => (first.status()[0]?.nextDue ?? 0) > Date.now() + 3_000_000);
        await stop();
        let runs = 0;
        run(namespace, { name: "changed", ...changed(() => void runs++) });
        await until(() => runs > 0);
      });
    }

    it("has the same scheduledAt when a run is repeated, and a fence that grows, also when the database has lost the job", async () => {
      const { faults } = damageOf("fence");
      const seen: { readonly scheduledAt: number; readonly fence: number }[] = [];
      const job = ({ scheduledAt = 0, fence = 0, signal }: WorkerContext): unknown => {
        seen.push({ scheduledAt, fence });
        return seen.length === 1 ? wait("1h", { signal }) : undefined;
      };
      run("fence", { name: "often", job, repeat: "1s" });
      await until(() => seen.length === 1);
      // The first run is cut short, and repeated.
      await stop();
      run("fence", { name: "often", job, repeat: "1s" });
      await until(() => seen.length >= 4);
      expect(seen[1]?.scheduledAt).to.equal(seen[0]?.scheduledAt);
      for (const { scheduledAt } of seen.slice(2)) expect((scheduledAt - (seen[0]?.scheduledAt ?? 0)) % 1_000).to.equal(0);
      await faults["a job that was deleted"]?.[1]();
      const before = seen.length;
      await until(() => seen.length >= before + 3);
      const fences = seen.map(({ fence }) => fence);
      expect(fences).to.deep.equal([...new Set(fences)].sort((one, other) => one - other));
    });

    it("stores an error message that no text of Postgres can contain", async () => {
      let runs = 0;
      const job = (): void => {
        if (++runs <= 2) throw new Error("NUL \0 and \ud800");
      };
      // Also the job is added again with that status.
      const { faults } = damageOf("nul");
      const runner = run("nul", { name: "often", job, repeat: 300, retry: sleep("1s") });
      await until(() => runs >= 3);
      await faults["a job that was deleted"]?.[1]();
      await until(() => runs >= 6);
      expect(runner.status()[0]?.lastError).to.include("NUL");
    });

    it("runs and pauses workers with any name, which do not keep others from running", async () => {
      const names = ["a\0b", "a\ud800", "\udc00%ud800:", "1", "ü/😀", "often"];
      const counts = new Map<string, number>();
      const workers = names.map((name) => {
        const job = (): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
        return new DeclarativeWorker({ name, job, repeat: 200, distributed: true });
      });
      const engine = bullmq({ connection: server.url, namespace: "names", lockDuration: "3s", stalledInterval: "500ms" });
      const runner = bootstrap(workers, { engine, logger: log, signals: [] });
      started.push({ runner, running: runner.run() });
      await until(() => names.every((name) => (counts.get(name) ?? 0) >= 3));
      for (const name of names.slice(0, 3)) await runner.pause(name);
      const held = new Map(counts);
      await until(() => (counts.get("often") ?? 0) >= (held.get("often") ?? 0) + 5);
      for (const name of names.slice(0, 3)) expect(counts.get(name)).to.equal(held.get(name));
    });

    it("spreads continuous workers over the replicas that are connected", async () => {
      const counts = [0, 0, 0];
      const runners = counts.map(() => run("spread", { name: "rare", job: () => {}, repeat: "1h" }));
      await until(() => log.lines.filter((line) => line.includes("connected to")).length === 3);
      for (const [index, runner] of runners.entries()) {
        const worker = async ({ signal }: WorkerContext): Promise<void> => {
          counts[index] = (counts[index] ?? 0) + 1;
          await stopped(signal);
        };
        for (let number = 0; number < 30; number++)
          runner.add(new DeclarativeWorker({ name: `w${number}`, worker, distributed: true }));
      }
      await until(() => counts.reduce((sum, count) => sum + count, 0) === 30);
      console.log(`        ${kind.name}, 30 continuous workers on 3 replicas: ${counts.join(", ")}`);
      for (const count of counts) expect(count).to.be.at.least(3);
    });

    for (const fault of faultsOf(kind)) {
      it(`repairs ${fault}, and says so`, async () => {
        const namespace = `damage-${faultsOf(kind).indexOf(fault)}`;
        const { faults } = damageOf(namespace);
        const [repaired, act] = faults[fault] ?? ["", () => Promise.reject(new Error("unknown"))];
        let runs = 0;
        const worker = { name: "often", job: () => void runs++, repeat: { interval: "1s", startImmediately: true } } as const;
        run(namespace, worker);
        await until(() => runs >= 2);
        await act();
        const before = runs;
        await until(() => runs >= before + 4);
        expect(log.all).to.include(repaired);
      });
    }

    it("removes the job of a worker that no replica has had for long, and keeps one that was removed lately or is paused", async () => {
      const { age, has } = damageOf("orphans");
      let runs = 0;
      const job = (): void => void runs++;
      for (const name of ["old", "recent"]) {
        const runner = run("orphans", { name, job, repeat: "1h" });
        await until(() => (runner.status()[0]?.nextDue ?? 0) > Date.now());
        await stop();
      }
      await run("orphans", { name: "paused", job, repeat: "1h" }).pause("paused");
      await stop();
      for (const name of ["old", "paused"]) await age(name);
      run("orphans", { name: "often", job: () => {}, repeat: "1s" });
      await until(() => log.all.includes("removed the jobs of workers that no replica has had for 30 days: old"));
      expect(await has("old")).to.equal(false);
      // Another replica still has it, and finds it paused.
      const runner = run("orphans", { name: "paused", job, repeat: "1h" });
      await until(() => runner.status()[0]?.pause !== null);
      expect([await has("recent"), await has("paused"), runs]).to.deep.equal([true, true, 0]);
    });

    it("does not let jobs of unknown workers keep a worker from running", async () => {
      const job = (): void => {};
      const workers = Array.from(
        { length: 300 },
        (_, index) => new DeclarativeWorker({ name: `gone-${index}`, job, repeat: "1s", distributed: true }),
      );
      const engine = bullmq({ connection: server.url, namespace: "crowd", lockDuration: "3s", stalledInterval: "500ms" });
      const runner = bootstrap(workers, { engine, logger: log, signals: [] });
      const running = runner.run();
      await until(() => runner.status().every(({ runs }) => runs > 0));
      await runner.stop();
      await running;
      const begun: number[] = [];
      run("crowd", { name: "often", job: () => void begun.push(Date.now()), repeat: "1s" });
      // Until each has been left for more than some seconds.
      await until(() => begun.length >= 12);
      const last = begun.slice(-4).map((at, index, all) => at - (all[index - 1] ?? at));
      expect(Math.max(...last)).to.be.lessThan(2_500);
    });

    it("aborts a run whose job and lock the database has lost, and begins it again when the lock would be over", async () => {
      const { faults } = damageOf("forgets");
      const times: { readonly begun: number; ended?: number }[] = [];
      const worker = async ({ signal }: WorkerContext): Promise<void> => {
        const time: (typeof times)[number] = { begun: Date.now() };
        times.push(time);
        await stopped(signal);
        time.ended = Date.now();
        signal.throwIfAborted();
      };
      for (let replica = 0; replica < 2; replica++) run("forgets", { name: "often", worker, retry: sleep("1s") });
      await until(() => times.length === 1);
      await wait(1_000);
      const fault = kind.name === "Redis" ? "a queue that was evicted" : "a job that was deleted";
      await faults[fault]?.[1]();
      await until(() => times.length === 2);
      expect(times[0]?.ended).to.be.at.most(times[1]?.begun ?? 0);
    });

    it("recovers by itself from a database that rejects all writes for a while, and says that it does", async function () {
      if (process.env.REDIS_URL !== undefined && kind.name === "Redis") this.skip();
      const { setReadOnly } = damageOf("read-only");
      let runs = 0;
      run("read-only", { name: "often", job: () => void runs++, repeat: 200 });
      await until(() => runs >= 3);
      await setReadOnly(true);
      try {
        const cause = kind.name === "Redis" ? /NOREPLICAS/ : /read-only transaction/;
        // A line that is not of the level debug, with the cause.
        await until(() =>
          log.lines.some((line) => /lost its connection|answers with errors|restarting in/.test(line) && cause.test(line)),
        );
      } finally {
        await setReadOnly(false);
      }
      const before = runs;
      await until(() => runs >= before + 5);
    });

    it("ends a check for expired locks that would never end", async () => {
      const { checkWithoutEnd } = damageOf("endless");
      let runs = 0;
      run("endless", { name: "often", job: () => void runs++, repeat: "1s" });
      await until(() => runs >= 1);
      // Over Postgres, it is a time: see the faults.
      await checkWithoutEnd?.();
      const before = runs;
      await until(() => runs >= before + 2);
    });

    it("repairs what was damaged while it was stopped", async () => {
      const { faults } = damageOf("stopped");
      let runs = 0;
      const worker = { name: "often", job: () => void runs++, repeat: { interval: "1s", startImmediately: true } } as const;
      for (const [, act] of Object.values(faults)) {
        const before = runs;
        run("stopped", worker);
        await until(() => runs >= before + 2);
        await stop();
        await act();
      }
      const before = runs;
      run("stopped", worker);
      await until(() => runs >= before + 2);
    });

    for (const [what, fault] of [
      ["its queue is paused", "pause"],
      ["the lock of its replica has expired, and nothing checks for that", "loseLock"],
    ] as const) {
      it(`logs, publishes and shows that a worker is late because ${what}, until it runs`, async () => {
        const damage = damageOf(fault);
        const events: LateEvent[] = [];
        const unsubscribe = observe("watchbill:late", (event) => void events.push(event));
        let runs = 0;
        const runner = run(fault, { name: "often", job: () => void runs++, repeat: "1s" });
        await until(() => runs >= 1);
        // Again and again, as it is repaired.
        while (runner.status()[0]?.lateSince === undefined) {
          await damage[fault]("often");
          await wait(5);
        }
        unsubscribe();
        expect(events[0]).to.include({ worker: "often" }).and.to.have.property("lateness").that.is.above(4_000);
        expect(runner.status()[0]?.lateSince).to.equal(Math.round(events[0]?.due ?? 0));
        expect(log.all).to.match(/due for \S+, and not running on any replica: often; waking them/);
        const before = runs;
        await until(() => runs > before + 1 && runner.status()[0]?.lateSince === undefined);
        await until(() => log.all.includes("no longer late"));
      });
    }

    it("runs every 100 ms", async () => {
      let runs = 0;
      run("often", { name: "often", job: () => void runs++, repeat: 100 });
      await until(() => runs >= 20);
    });

    it("immediately runs a worker that is triggered on any replica", async () => {
      const runs: string[] = [];
      const worker = (replica: string) => ({ name: "rare", job: () => void runs.push(replica), repeat: "1h" as const });
      const [one, other] = [run("trigger", worker("one")), run("trigger", worker("other"))];
      await until(() => [one, other].every((runner) => runner.status()[0]?.nextDue !== null));
      await one?.trigger("rare");
      await other?.trigger("rare");
      expect(runs).to.have.length(2);
    });

    it("runs a paused worker once when it is triggered, and ends the next backoff if triggered during a run", async () => {
      let attempts = 0;
      const job = async (): Promise<void> => {
        await wait(500, { signal: new AbortController().signal });
        if (++attempts === 2) throw new Error("no luck");
      };
      const runner = run("paused", { name: "rare", job, repeat: "1h", retryJob: { backoff: { duration: () => 3_600_000 } } });
      await runner.pause("rare");
      await runner.trigger("rare");
      expect(runner.status()[0]).to.include({ runs: 1, phase: "paused" });
      runner.resume("rare");
      const second = runner.trigger("rare");
      await until(() => attempts === 2);
      await Promise.all([second, runner.trigger("rare")]);
      // The backoff of the second run ends early; the third run is the one that was triggered meanwhile.
      expect(attempts).to.equal(4);
    });

    it("pauses and resumes a worker on all replicas, also if they are restarted", async () => {
      let [runs, underWay] = [0, 0];
      const job = async (): Promise<void> => {
        runs++;
        underWay++;
        await wait(60);
        underWay--;
      };
      const tick = { name: "often", job, repeat: 100 };
      const pauses = (runners: readonly Runner[]) => runners.map((runner) => runner.status()[0]?.pause?.by);
      const before = [run("pauses", tick), run("pauses", tick)];
      await until(() => runs >= 5);
      await before[0]?.pause("often", { by: "ops", reason: "migration" });
      const [held, running] = [runs, underWay];
      expect(running).to.equal(0);
      await wait(1_000);
      expect(runs).to.equal(held);
      await until(() => pauses(before).every((by) => by === "ops"));
      await stop();
      const paused = runs;
      const after = [run("pauses", tick), run("pauses", tick)];
      await until(() => pauses(after).every((by) => by === "ops"));
      await wait(1_000);
      expect(runs).to.equal(paused);
      after[1]?.resume("often");
      await until(() => runs >= paused + 5 && pauses(after).every((by) => by === undefined));
      await after[0]?.pause("often", { by: "ops" });
      await until(() => pauses(after).every((by) => by === "ops"));
      const again = runs;
      await after[1]?.restart("often");
      await until(() => runs >= again + 5 && pauses(after).every((by) => by === undefined));
    });

    it("stops a continuous worker that is paused on another replica, and starts it again", async () => {
      let [starts, stops] = [0, 0];
      // The replica that runs it.
      let holder = -1;
      const runners = [0, 1].map((replica) => {
        const worker = async ({ signal }: WorkerContext): Promise<void> => {
          starts++;
          holder = replica;
          await stopped(signal);
          stops++;
          signal.throwIfAborted();
        };
        return run("remote-pause", { name: "watch", worker, retry: sleep("1s") });
      });
      await until(() => starts === 1 && runners.every((runner) => runner.status()[0]?.phase === "running"));
      const other = runners[1 - holder] ?? expect.fail("no replica runs it");
      await other.pause("watch");
      expect(stops).to.equal(1);
      await until(() => runners.every((runner) => runner.status()[0]?.phase === "paused"));
      other.resume("watch");
      await until(() => starts === 2);
      expect(stops).to.equal(1);
    });

    it("stops a continuous worker that is restarted on another replica, and starts it again, without its backoff", async () => {
      const starts: number[] = [];
      let holder = -1;
      const runners = [0, 1].map((replica) => {
        const worker = async ({ signal, attempt }: WorkerContext): Promise<void> => {
          starts.push(attempt);
          holder = replica;
          if (starts.length === 2) throw new Error("no");
          await stopped(signal);
          throw signal.reason;
        };
        return run("remote-restart", { name: "watch", worker, retry: sleep("1h") });
      });
      await until(() => starts.length === 1 && runners.every((runner) => runner.status()[0]?.phase === "running"));
      await runners[1 - holder]?.restart("watch");
      await until(() => starts.length === 2 && runners.every((runner) => runner.status()[0]?.phase === "backoff"));
      await runners[1 - holder]?.restart("watch");
      await until(() => starts.length === 3);
      expect(starts).to.deep.equal([0, 0, 0]);
    });

    it("completes on all replicas", async () => {
      const runners = [1, 2].map(() => run("once", { name: "once", worker: () => {}, restart: "on-failure" }));
      await Promise.all(started.map(({ running }) => running));
      expect(runners.map((runner) => runner.status()[0]?.phase)).to.deep.equal(["stopped", "stopped"]);
    });

    it("shows the health and the counts of a worker that runs on another replica", async () => {
      let fails = true;
      const job = (): void => {
        if (fails) throw new Error("no luck");
      };
      const worker = { name: "frail", job, repeat: 200, retry: { backoff: { duration: () => 50 } } };
      const runners = [run("health", worker), run("health", worker)];
      await until(() => runners.every((runner) => runner.status()[0]?.health === "firing"));
      expect(runners.map((runner) => runner.status()[0]?.lastError)).to.deep.equal(["Error: no luck", "Error: no luck"]);
      fails = false;
      await until(() => runners.every((runner) => runner.status()[0]?.health === "ok" && (runner.status()[0]?.runs ?? 0) > 2));
    });

    it("uses a client of the user, and does not close it", async () => {
      const { connection, close } = ready(server.url);
      let runs = 0;
      run("ready", { name: "often", job: () => void runs++, repeat: 100 }, connection);
      await until(() => runs >= 3);
      await stop();
      run("ready", { name: "often", job: () => void runs++, repeat: 100 }, connection);
      await until(() => runs >= 6);
      await stop();
      await close();
    });

    it("repeats a run whose end could not be stored, when its lock has expired and not before", async () => {
      const proxy = await TcpProxy.to(server.port);
      try {
        const url = new URL(server.url);
        url.port = `${proxy.port}`;
        const begun: { readonly replica: string; readonly at: number }[] = [];
        const worker = (replica: string, act = (): void => {}) => ({
          name: "rare",
          repeat: { interval: "1h" as const, startImmediately: true },
          job: (): void => {
            begun.push({ replica, at: Date.now() });
            act();
          },
        });
        run(
          "unwritten",
          worker("cut off", () => proxy.cut()),
          url.href,
        );
        await until(() => begun.length === 1);
        run("unwritten", worker("other"));
        await until(() => begun.length === 2);
        expect(begun.map(({ replica }) => replica)).to.deep.equal(["cut off", "other"]);
        // A run begins at most four fifths of the lock's duration after the job was requested.
        const [first, second] = begun.map(({ at }) => at);
        expect((second ?? 0) - (first ?? 0)).to.be.within(3_000 / 5, 3_000 + 2 * 500 + 5_000);
        await until(() => log.all.includes("lost its lease, another replica may run it again"));
        proxy.restore();
        await stop();
        expect(begun).to.have.length(2);
      } finally {
        proxy.close();
      }
    });

    it("never shows a rejected password", async () => {
      const url = new URL(server.url);
      url.password = "pass5%40word";
      const runner = run("secret", { name: "often", job: () => {}, repeat: 100 }, url.href);
      await until(() => log.all.includes("restarting in"));
      expect(log.all).to.include(url.hostname);
      expect(log.all + JSON.stringify(runner.status())).to.not.include("pass5");
    });
  });
}

const aged = JSON.stringify({ phase: "waiting", due: 1, until: 1 });

function faultsOf({ name }: ServerKind): readonly string[] {
  const common = ["a job that was deleted", "a queue that was paused", "a queue that was limited"];
  return name === "Redis"
    ? [...common, "a list of jobs that was evicted", "a queue that was evicted"]
    : [...common, "a check for expired locks an hour ahead", "a job that was delayed for an hour"];
}

describeEngine(
  postgres,
  (connectionString) => {
    const connection = new Pool({ connectionString, options: "-c search_path=bullmq" });
    return { connection, close: () => connection.end() };
  },
  (connectionString, namespace) => {
    const pool = new Pool({ connectionString, options: "-c search_path=watchbill", max: 1 });
    // Its own connection is not ended, but the pool of another spec may be.
    pool.on("error", () => {});
    const setMeta = (field: string, value: string): Promise<unknown> =>
      pool.query("INSERT INTO meta VALUES ($1, $2, $3) ON CONFLICT (queue, field) DO UPDATE SET value = $3", [
        namespace,
        field,
        value,
      ]);
    const pause = (): Promise<unknown> => setMeta("paused", "1");
    return {
      pause,
      age: (worker) =>
        pool.query("UPDATE job SET failed_reason = $1, added_at_ms = 1 WHERE queue = $2 AND id = $3", [
          aged,
          namespace,
          `worker-${worker}`,
        ]),
      setReadOnly: async (isReadOnly) => {
        await pool.query(
          `SET default_transaction_read_only = off; ALTER DATABASE postgres SET default_transaction_read_only = ${isReadOnly}`,
        );
        await pool.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        );
      },
      loseLock: async (worker) => {
        await setMeta("stalled-check", `${Date.now()}`);
        const text = "UPDATE job SET state = 'active', lock_token = NULL, locked_until_ms = $3 WHERE queue = $1 AND id = $2";
        await pool.query(text, [namespace, `worker-${worker}`, Date.now() - 1]);
      },
      has: async (worker) => {
        const { rows } = await pool.query("SELECT 1 FROM job WHERE queue = $1 AND id = $2", [namespace, `worker-${worker}`]);
        return rows.length > 0;
      },
      faults: {
        "a job that was deleted": [
          "its job was missing from the database; added again",
          () => pool.query("DELETE FROM job WHERE queue = $1", [namespace]),
        ],
        "a queue that was paused": ["was paused from outside", pause],
        "a queue that was limited": ["was limited from outside", () => setMeta("concurrency", "0")],
        "a job that was delayed for an hour": [
          "its job was delayed from outside; promoted",
          () =>
            until(async () => {
              const text = "UPDATE job SET process_at_ms = process_at_ms + 3600000 WHERE queue = $1 AND state = 'delayed'";
              const { rowCount } = await pool.query(text, [namespace]);
              return rowCount === 1;
            }),
        ],
        "a check for expired locks an hour ahead": ["", () => setMeta("stalled-check", `${Date.now() + 3_600_000}`)],
      },
      close: () => void pool.end(),
    };
  },
);

describeEngine(
  redis,
  (url) => {
    const connection = new Redis(url, { maxRetriesPerRequest: null });
    return { connection, close: () => connection.quit() };
  },
  (url, namespace) => {
    const client = new Redis(url);
    const key = (name: string): string => `watchbill:${namespace}:${name}`;
    const pause = (): Promise<unknown> => client.hset(key("meta"), "paused", "1");
    return {
      pause,
      age: (worker) => client.hset(key(`worker-${worker}`), "failedReason", aged, "timestamp", "1"),
      setReadOnly: (isReadOnly) => client.config("SET", "min-replicas-to-write", isReadOnly ? "1" : "0"),
      checkWithoutEnd: async () => {
        await client.set(key("stalled-check"), "1");
        await until(async () => (await client.pttl(key("stalled-check"))) !== -1);
      },
      loseLock: (worker) =>
        client
          .multi()
          .zrem(key("delayed"), `worker-${worker}`)
          .lrem(key("wait"), 0, `worker-${worker}`)
          .lrem(key("active"), 0, `worker-${worker}`)
          .lpush(key("active"), `worker-${worker}`)
          .del(key(`worker-${worker}:lock`))
          .set(key("stalled-check"), "1", "PX", 1_000)
          .exec(),
      has: async (worker) => (await client.exists(key(`worker-${worker}`))) > 0,
      faults: {
        "a job that was deleted": ["its job was damaged in the database; replaced", () => client.del(key("worker-often"))],
        "a queue that was paused": ["was paused from outside", pause],
        "a queue that was limited": ["was limited from outside", () => client.hset(key("meta"), "concurrency", "0")],
        "a list of jobs that was evicted": [
          "its job was damaged in the database; replaced",
          () => client.del(key("delayed"), key("wait"), key("paused")),
        ],
        "a queue that was evicted": [
          "its job was missing from the database; added again",
          async () => client.del(...(await client.keys(key("*")))),
        ],
      },
      close: () => client.disconnect(),
    };
  },
);

describe("bullmq() over Redis, when connections are reset", function () {
  this.timeout(20_000);
  let server: FleetServer | undefined;
  let proxy: TcpProxy;

  before(async function () {
    server = await redis.startFor(this);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    proxy = await TcpProxy.to(server?.port ?? 0);
  });
  afterEach(() => proxy?.close());

  /** The connections are reset some ms before and after the stop begins. */
  for (const [first, second] of [
    [0, 20],
    [20, 0],
    [150, 100],
    [300, 10],
  ] as const) {
    it(`leaves nothing running: reset ${first} ms before it is stopped, and again ${second} ms later`, async () => {
      const before = await running();
      const url = new URL(server?.url ?? "");
      url.port = `${proxy.port}`;
      let runs = 0;
      const job = (): void => void runs++;
      const workers = ["a", "b", "c"].map((name) => new DeclarativeWorker({ name, job, repeat: 50, distributed: true }));
      const engine = bullmq({ connection: url.href, namespace: `reset-${first}-${second}`, lockDuration: "2s" });
      const runner = bootstrap(workers, { engine, logger: new Log(), signals: [] });
      const run = runner.run();
      await until(() => runs >= 10);
      proxy.reset(() => true);
      await wait(first);
      const stopping = runner.stop();
      await wait(second);
      proxy.reset(() => true);
      await stopping;
      await run;
      await untilClosed(before);
    });
  }

  it("aborts a run when Redis has lost all its data and another replica starts, and not when its lock would have expired", async () => {
    const client = new Redis(server?.url ?? "");
    const runs: { readonly begun: number; ended?: number }[] = [];
    const job = async ({ signal }: WorkerContext): Promise<void> => {
      const run: (typeof runs)[number] = { begun: Date.now() };
      runs.push(run);
      await stopped(signal);
      run.ended = Date.now();
      signal.throwIfAborted();
    };
    const repeat = { interval: "1h", startImmediately: true } as const;
    const started: { readonly runner: Runner; readonly running: Promise<void> }[] = [];
    const start = (): void => {
      const engine = bullmq({ connection: server?.url ?? "", namespace: "flushed" });
      const worker = new DeclarativeWorker({ name: "long", repeat, job, distributed: true });
      const runner = bootstrap([worker], { engine, logger: new Log(), signals: [] });
      started.push({ runner, running: runner.run() });
    };
    start();
    await until(() => runs.length === 1);
    await wait(500);
    await client.flushall();
    const flushed = Date.now();
    start();
    await until(() => runs[0]?.ended !== undefined);
    // The lock lasts for 30 s and is renewed every 7.5 s; it would be given up after 24 s.
    expect((runs[0]?.ended ?? 0) - flushed).to.be.below(15_000);
    await until(() => runs.length >= 2);
    for (const { runner, running } of started) {
      await runner.stop();
      await running;
    }
    client.disconnect();
  });

  it("does not close a client of the user, though its connection is reset during the stop", async () => {
    const url = new URL(server?.url ?? "");
    url.port = `${proxy.port}`;
    const connection = new Redis(url.href, { maxRetriesPerRequest: null });
    let runs = 0;
    const declared = new DeclarativeWorker({ name: "a", job: () => void runs++, repeat: 50, distributed: true });
    const runner = bootstrap([declared], {
      engine: bullmq({ connection, namespace: "ready" }),
      logger: new Log(),
      signals: [],
    });
    const run = runner.run();
    await until(() => runs >= 5);
    proxy.reset(() => true);
    await wait(20);
    const stopping = runner.stop();
    proxy.reset(() => true);
    await stopping;
    await run;
    expect(await connection.ping()).to.equal("PONG");
    await connection.quit();
  });
});
