import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { LoopClock } from "../../soak/loop-clock.js";

describe("The clock of the event loop", () => {
  let timers: SinonFakeTimers;
  let clock: LoopClock;

  beforeEach(() => {
    timers = useFakeTimers();
    clock = new LoopClock();
  });

  afterEach(() => {
    clock.stop();
    timers.restore();
  });

  it("goes with real time, while the loop turns", async () => {
    await timers.tickAsync(1_000);
    expect(clock).to.include({ now: 1_000, turn: 100 });
  });

  it("does not count for how long the loop was blocked", () => {
    timers.jump(60_000);
    expect(clock).to.include({ now: 20, turn: 1 });
  });

  it("tells whether something came about in time", async () => {
    let isSo = false;
    setTimeout(() => {
      isSo = true;
    }, 500);
    const answers = Promise.all([clock.until(() => isSo, 1_000), clock.until(() => isSo, 100)]);
    await timers.tickAsync(600);
    expect(await answers).to.deep.equal([true, false]);
  });
});
