import { hostname } from "node:os";
import { pid } from "node:process";
import { expect } from "chai";
import { bootstrap, DeclarativeWorker, distributed, repeat, StaticBackoff, type WorkerContext, wait } from "watchbill";
import { recorder, watch } from "../runner/commands.fixture.js";
import { Simulation } from "./simulation.fixture.js";

const warning =
  "runs distributed workers in this process only: for several replicas, pass an engine to bootstrap, such as bullmq() of watchbill/bullmq";

describe("Without an engine, a distributed worker", () => {
  let simulation: Simulation;

  beforeEach(() => {
    simulation = new Simulation();
  });

  afterEach(() => simulation.restore());

  it("has the same runs, attempts and status as a local worker", async () => {
    const played = [];
    for (const isDistributed of [false, true]) {
      let runs = 0;
      const job = async () => {
        await wait(300);
        if (++runs % 3 > 0) throw new Error("no");
      };
      const backoff = new StaticBackoff({ sleep: "2s" });
      const options = { repeat: "10s", retry: backoff, timeout: "3s", retryJob: { backoff, maxAttempts: 2 } } as const;
      const offset = Date.now();
      const process = simulation.alone({ ...options, job, distributed: isDistributed });
      const rows = [];
      for (let look = 0; look < 30; look++) {
        await simulation.advance(1_000);
        const { holder, ...row } = simulation.row(process) ?? {};
        if (isDistributed) expect(holder).to.deep.equal({ host: hostname(), pid });
        // Points in time are compared by how long after the start they are.
        const fields = Object.entries(row);
        rows.push(
          Object.fromEntries(fields.map(([key, value]) => [key, Number(value) >= offset ? Number(value) - offset : value])),
        );
      }
      await simulation.stop();
      expect(process.run.outcome).to.equal("resolved");
      played.push({ rows, attempts: simulation.attempts.splice(0), runs });
    }
    expect(played[1]?.rows).to.deep.equal(played[0]?.rows);
    expect(played[1]?.runs).to.equal(played[0]?.runs);
  });

  it("causes one warning per logger for any number of workers", async () => {
    const { lines, logger } = recorder();
    const workers = ["a", "b"].map((name) => new DeclarativeWorker({ name, repeat: "1s", job: () => {}, distributed: true }));
    for (let time = 0; time < 2; time++) {
      const stop = new AbortController();
      const running = bootstrap(workers, { logger, signal: stop.signal }).run();
      await simulation.advance(1_500);
      stop.abort();
      await running;
    }
    const warnings = (all: unknown[]) => all.filter((line) => !/^(started|stopped)/.test(String(line)));
    expect(warnings(lines)).to.deep.equal([[warning, undefined]]);
    const other = recorder();
    const stop = new AbortController();
    const running = bootstrap(workers, { logger: other.logger, signal: stop.signal }).run();
    stop.abort();
    await running;
    expect(warnings(other.lines)).to.deep.equal([[warning, undefined]]);
  });

  it("causes no warning where no worker is distributed", async () => {
    const process = simulation.alone({ repeat: "1s", job: () => {} });
    await simulation.advance(1_500);
    expect(process.lines).to.deep.equal([["started 1 worker", undefined]]);
  });

  it("has a signal without a guard", async () => {
    const own: boolean[] = [];
    simulation.alone({ repeat: "1s", job: ({ signal }) => void own.push(Object.hasOwn(signal, "aborted")), distributed: true });
    await simulation.advance(1_500);
    expect(own).to.deep.equal([false]);
  });

  it("can be paused and triggered like a local worker", async () => {
    const process = simulation.alone({ repeat: "1m", job: () => {}, distributed: true });
    await simulation.advance(1_000);
    const paused = watch(process.runner.pause("one"));
    await simulation.advance(200_000);
    expect(paused.outcome).to.equal("resolved");
    expect(simulation.times).to.deep.equal([]);
    const [row] = process.runner.status();
    expect(row).to.deep.include({ phase: "paused" });
    await Promise.all([process.runner.trigger("one"), simulation.advance(10)]);
    process.runner.resume("one");
    await simulation.advance(60_000);
    expect(simulation.times).to.deep.equal([201_000, 240_000]);
  });

  it("runs standalone, outside of a runner", async () => {
    const stop = new AbortController();
    const { logger } = recorder();
    const names: string[] = [];
    const worker = distributed(repeat("1s", ({ name }: WorkerContext) => void names.push(name)));
    const running = worker.run({ signal: stop.signal, logger, name: "x", attempt: 0, reportHealth() {} });
    await simulation.advance(2_500);
    stop.abort();
    await running;
    expect(names).to.deep.equal(["x", "x"]);
  });

  it("is rejected if it is not a worker, or if distributed is not a boolean", () => {
    expect(() => distributed(5 as never)).to.throw("5 is not a worker");
    expect(() => new DeclarativeWorker({ worker: () => {}, distributed: "yes" as never })).to.throw(
      "distributed is a string: use true or false",
    );
    expect(new DeclarativeWorker({ worker: () => {}, distributed: false })).to.not.have.property("distributed");
    expect(new DeclarativeWorker({ worker: () => {}, distributed: true })).to.have.property("distributed", true);
  });
});
