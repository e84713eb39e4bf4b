import { expect } from "chai";
import sinon from "sinon";
import { bootstrap, DeclarativeWorker, ExponentialBackoff, InvalidArgumentError, setRandom } from "watchbill";
import { random } from "../../lib/timers/random.js";

describe("setRandom", () => {
  afterEach(() => {
    setRandom(undefined);
    sinon.restore();
  });

  it("replaces the source of jitters and backoffs", async () => {
    const clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    setRandom(() => 0.25);
    const starts: number[] = [];
    const job = (): void => void starts.push(performance.now());
    const worker = new DeclarativeWorker({ name: "x", job, repeat: { interval: "1m", jitter: "20s" } });
    const runner = bootstrap([worker], { logger: { debug() {}, info() {}, warn() {}, error() {} }, signals: [] });
    const run = runner.run();
    await clock.tickAsync("02:10");
    expect(starts).to.deep.equal([65_000, 125_000]);
    expect(new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 1 }).duration(1)).to.equal(750);
    await runner.stop();
    await run;
  });

  it("leaves a backoff with a source of its own alone", () => {
    setRandom(() => 0.25);
    const backoff = new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 1, random: () => 0.5 });
    expect(backoff.duration(1)).to.equal(500);
  });

  it("restores Math.random, as it is then, when it is called with undefined", () => {
    setRandom(() => 0.25);
    setRandom(undefined);
    sinon.stub(Math, "random").returns(0.75);
    expect(random()).to.equal(0.75);
  });

  it("takes any other value than a number from 0 to 1 for 0", () => {
    for (const value of [-0.1, 1, 7, Number.NaN, "0.5", undefined]) {
      setRandom(() => value as never);
      expect(random(), String(value)).to.equal(0);
    }
  });

  it("refuses what is not a function", () => {
    expect(() => setRandom(42 as never))
      .to.throw(InvalidArgumentError)
      .with.property("message", "setRandom was called with a number: pass a function that returns numbers from 0 to 1");
  });
});
