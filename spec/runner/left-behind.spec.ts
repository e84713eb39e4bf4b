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
});
