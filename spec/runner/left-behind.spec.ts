import { expect } from "chai";
import sinon from "sinon";
import { bootstrap, DeclarativeWorker } from "watchbill";
import { silent, watch } from "./commands.fixture.js";

describe("A nested runner that the outer one leaves behind", () => {
  it("stops the workers whose turn has not come, and leaves no timer", async () => {
    const clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    let runs = 0;
    const inner = bootstrap(
      [
        new DeclarativeWorker({ name: "job", job: () => void runs++, repeat: "1s" }),
        new DeclarativeWorker({ name: "hangs", worker: () => new Promise(() => {}) }),
      ],
      { logger: silent, signals: [], stopOrder: "reverse", shutdownTimeout: "1h" },
    );
    const outer = bootstrap([new DeclarativeWorker({ name: "nested", worker: inner })], {
      logger: silent,
      signals: [],
      shutdownTimeout: "5s",
    });
    const running = watch(outer.run());
    await clock.tickAsync(1_000);
    void outer.stop();
    await clock.tickAsync(5_000);
    expect(running.outcome).to.be.an("error");
    const before = runs;
    await clock.tickAsync("10:00");
    expect([runs - before, clock.countTimers()]).to.deep.equal([0, 0]);
    clock.restore();
  });

  it("does not report a second time that a worker has not paused in time", async () => {
    const clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    const logger = { debug() {}, info() {}, warn: sinon.spy(), error() {} };
    const inner = bootstrap([new DeclarativeWorker({ name: "hangs", worker: () => new Promise(() => {}) })], {
      logger,
      signals: [],
      shutdownTimeout: "3s",
    });
    const outer = bootstrap([new DeclarativeWorker({ name: "nested", worker: inner })], {
      logger: silent,
      signals: [],
      shutdownTimeout: "1s",
    });
    const running = watch(outer.run());
    await clock.tickAsync(1_000);
    const pausing = watch(inner.pause("hangs"));
    await clock.tickAsync(3_000);
    expect(pausing.outcome).to.be.an("error");
    void outer.stop();
    await clock.tickAsync(1_000);
    expect(running.outcome).to.be.an("error");
    const late = logger.warn.args.filter(([, message]) => message === "is to be paused, but has not stopped in time");
    expect(late.map(([details]) => details)).to.deep.equal([{ worker: "nested/hangs", err: pausing.outcome }]);
    clock.restore();
  });
});
