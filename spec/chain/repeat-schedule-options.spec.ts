import { expect } from "chai";
import sinon from "sinon";
import { bootstrap, DeclarativeWorker, type RepeatOptions, repeat, type Schedule } from "watchbill";

const hour = 3_600_000;
const hourly: Schedule = { next: (after) => new Date((Math.floor(after.getTime() / hour) + 1) * hour) };
const silent = { debug() {}, info() {}, warn() {}, error() {} };

describe("The options of repeat, with a schedule", () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: new Date("2026-11-24T10:15:00Z"), toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => {
    sinon.restore();
    clock.restore();
  });

  /**
   * Runs a job every full hour until 14:15.
   * @param chances the random number for each run
   * @returns the starts, and the due time of the first run at the start of the worker
   */
  async function startsOf(options: RepeatOptions, ...chances: number[]) {
    const starts: string[] = [];
    const time = () => new Date().toISOString().slice(11, 19);
    sinon.stub(Math, "random").callsFake(() => chances.shift() ?? 0);
    const worker = repeat(hourly, () => void starts.push(time()), options);
    const runner = bootstrap([new DeclarativeWorker({ name: "x", worker })], { logger: silent });
    const running = runner.run();
    const due = runner.status()[0]?.nextDue ?? 0;
    await clock.tickAsync("04:00:00");
    expect(runner.status()[0]).to.include({ phase: "waiting", runs: starts.length });
    await runner.stop();
    await running;
    expect(clock.countTimers()).to.equal(0);
    return { starts, firstDue: new Date(due).toISOString().slice(11, 19) };
  }

  it("start a run immediately with startImmediately", async () => {
    const { starts } = await startsOf({ startImmediately: true });
    expect(starts).to.deep.equal(["10:15:00", "11:00:00", "12:00:00", "13:00:00", "14:00:00"]);
  });

  it("skip the times within the initialDelay", async () => {
    const { starts, firstDue } = await startsOf({ initialDelay: "2h" });
    expect(starts).to.deep.equal(["13:00:00", "14:00:00"]);
    expect(firstDue).to.equal("13:00:00");
  });

  it("delay each run by a new random part of the jitter, which nextDue includes", async () => {
    const { starts, firstDue } = await startsOf({ jitter: "20m" }, 0.5, 0, 0.25, 0.7);
    expect(starts).to.deep.equal(["11:10:00", "12:00:00", "13:05:00", "14:14:00"]);
    expect(firstDue).to.equal("11:10:00");
  });

  it("do not delay the run of startImmediately", async () => {
    const { starts } = await startsOf({ startImmediately: true, jitter: "20m" }, 0.5);
    expect(starts).to.deep.equal(["10:15:00", "11:10:00", "12:00:00", "13:00:00", "14:00:00"]);
  });

  it("delay runs after the initialDelay too", async () => {
    const { starts } = await startsOf({ initialDelay: "2h", jitter: "20m" }, 0.5);
    expect(starts).to.deep.equal(["13:10:00", "14:00:00"]);
  });
});
