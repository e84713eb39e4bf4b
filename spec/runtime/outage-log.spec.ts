import { expect } from "chai";
import sinon from "sinon";
import { bootstrap, DeclarativeWorker, ExponentialBackoff, type Logger, type WorkerContext } from "watchbill";

/** The case of an outage that used to write 2,401 lines: 200 workers whose database is away for 1.5 s. */
describe("The log of 200 workers whose database is away for 1.5 s", () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: Date.UTC(2026, 10, 24), toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  /** Runs the case, and returns what a logger of the user gets and what the default logger writes. */
  async function outage({ logger, lasts = 1_500 }: { logger?: Logger; lasts?: number } = {}) {
    const failure = Object.assign(new Error("connect ECONNREFUSED 10.0.0.7:5432"), { code: "ECONNREFUSED" });
    let isAway = false;
    const job = async (_context: WorkerContext) => {
      if (isAway) throw new Error(`query failed`, { cause: failure });
    };
    const backoff = new ExponentialBackoff({ initial: "100ms", max: "1s", jitterProportion: 0 });
    const workers = Array.from(
      { length: 200 },
      (_, index) => new DeclarativeWorker({ name: `sync/${index}`, job, repeat: "1s", retry: backoff }),
    );
    const runner = bootstrap(workers, { signals: [], logger });
    const running = runner.run();
    await clock.tickAsync(1_500);
    isAway = true;
    await clock.tickAsync(lasts);
    isAway = false;
    await clock.tickAsync(10_000);
    await runner.stop();
    await running;
  }

  it("has two lines a worker at most, one stack, and one line each for the start and the stop", async () => {
    const write = sinon.stub(process.stderr, "write").returns(true);
    let text = "";
    try {
      await outage();
    } finally {
      text = write.args.map(([chunk]) => String(chunk)).join("");
      write.restore();
    }
    const lines = text.trimEnd().split("\n");
    const entries = lines.filter((line) => /^\d{4}-/.test(line)).map((line) => line.slice(25));
    const ofWorkers = entries.filter((line) => line.includes("sync/"));
    expect(entries.filter((line) => !line.includes("sync/"))).to.deep.equal(["INFO started 200 workers", "INFO stopped"]);
    expect(ofWorkers.filter((line) => line.startsWith("WARN"))).to.have.lengthOf(200);
    expect(ofWorkers.filter((line) => /^INFO sync\/\d+: recovered after \d+ failures? in /.test(line))).to.have.lengthOf(200);
    expect(ofWorkers).to.have.lengthOf(400);
    expect(lines.filter((line) => line.startsWith("    Error: query failed"))).to.have.lengthOf(1);
    expect(lines.length).to.be.below(450);
    expect(text).to.not.match(/watchbill\/lib|\/lib\/chain\//);
  });

  it("has the repeats as debug entries with their count in a logger of the user", async () => {
    const log = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
    await outage({ logger: log, lasts: 5_000 });
    const repeats = log.debug.args.filter(([details]) => details.worker === "sync/7" && details.count !== undefined);
    expect(repeats.map(([{ count }]) => count)).to.deep.equal(repeats.map((_, index) => index + 2));
    expect(repeats.length).to.be.above(0);
    expect(repeats[0]?.[1]).to.match(/^failed \(attempt 2\), restarting in .*; 2 times in /);
    expect(log.warn.args.filter(([{ worker }]) => worker === "sync/7")).to.have.lengthOf(1);
    expect(log.info.args.filter(([{ worker }]) => worker === "sync/7").map(([, message]) => message)).to.have.lengthOf(1);
    expect(log.error.called).to.equal(false);
  });
});
