import { hostname } from "node:os";
import { pid } from "node:process";
import { expect } from "chai";
import { bootstrap, DeclarativeWorker, distributed, repeat, StaticBackoff, type WorkerContext, wait } from "watchbill";
import { recorder, watch } from "../runner/orders.fixture.js";
import { Stage } from "./stage.fixture.js";

const warning =
  "runs its distributed workers by itself: where there are several replicas, give bootstrap an engine, such as bullmq() of watchbill/bullmq";

describe("Without an engine, a distributed worker", () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.restore());

  it("has the runs, the attempts and the row of one that is not", async () => {
    const played = [];
    for (const isDistributed of [false, true]) {
      let runs = 0;
      const job = async () => {
        await wait(300);
        if (++runs % 3 > 0) throw new Error("no");
      };
      const backoff = new StaticBackoff({ sleep: "2s" });
      const options = { repeat: "10s", retry: backoff, timeout: "3s", retryJob: { backoff, maxAttempts: 2 } } as const;
      const process = stage.alone({ ...options, job, distributed: isDistributed });
      const offset = Date.now();
      const rows = [];
      for (let look = 0; look < 30; look++) {
        await stage.advance(1_000);
        const { holder, nextDue, lastStart, ...row } = stage.row(process) ?? {};
        if (isDistributed) expect(holder).to.deep.equal({ host: hostname(), pid });
        rows.push({ ...row, nextDue: nextDue && nextDue - offset, lastStart: lastStart && lastStart - offset });
      }
      await stage.stop();
      expect(process.run.outcome).to.equal("resolved");
      played.push({ rows, attempts: stage.attempts.splice(0), runs });
    }
    expect(played[1]?.rows).to.deep.equal(played[0]?.rows);
    expect(played[1]?.runs).to.equal(played[0]?.runs);
  });

  it("is told of once in each log, with the first of its kind, however many there are", async () => {
    const { lines, logger } = recorder();
    const workers = ["a", "b"].map((name) => new DeclarativeWorker({ name, repeat: "1s", job: () => {}, distributed: true }));
    for (let time = 0; time < 2; time++) {
      const stop = new AbortController();
      const running = bootstrap(workers, { logger, signal: stop.signal }).run();
      await stage.advance(1_500);
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

  it("is not told of where there is none", async () => {
    const process = stage.alone({ repeat: "1s", job: () => {} });
    await stage.advance(1_500);
    expect(process.lines).to.deep.equal([["started 1 worker", undefined]]);
  });

  it("has a signal that is not looked after", async () => {
    const own: boolean[] = [];
    stage.alone({ repeat: "1s", job: ({ signal }) => void own.push(Object.hasOwn(signal, "aborted")), distributed: true });
    await stage.advance(1_500);
    expect(own).to.deep.equal([false]);
  });

  it("keeps its pauses, and is triggered, as any other", async () => {
    const process = stage.alone({ repeat: "1m", job: () => {}, distributed: true });
    await stage.advance(1_000);
    const paused = watch(process.runner.pause("one"));
    await stage.advance(200_000);
    expect(paused.outcome).to.equal("resolved");
    expect(stage.times).to.deep.equal([]);
    const [row] = process.runner.status();
    expect(row).to.deep.include({ phase: "paused" });
    await Promise.all([process.runner.trigger("one"), stage.advance(10)]);
    process.runner.resume("one");
    await stage.advance(60_000);
    expect(stage.times).to.deep.equal([201_000, 240_000]);
  });

  it("runs by itself as a worker, outside of any roster", async () => {
    const stop = new AbortController();
    const { logger } = recorder();
    const names: string[] = [];
    const worker = distributed(repeat("1s", ({ name }: WorkerContext) => void names.push(name)));
    const running = worker.run({ signal: stop.signal, logger, name: "x", attempt: 0, reportHealth() {} });
    await stage.advance(2_500);
    stop.abort();
    await running;
    expect(names).to.deep.equal(["x", "x"]);
  });

  it("is refused where it is no worker, or distributed is neither true nor false", () => {
    expect(() => distributed(5 as never)).to.throw("5 is not a worker");
    expect(() => new DeclarativeWorker({ worker: () => {}, distributed: "yes" as never })).to.throw(
      "distributed is a string: use true or false",
    );
    expect(new DeclarativeWorker({ worker: () => {}, distributed: false })).to.not.have.property("distributed");
    expect(new DeclarativeWorker({ worker: () => {}, distributed: true })).to.have.property("distributed", true);
  });
});
