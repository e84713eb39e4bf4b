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

  it("follows real time while the event loop turns", async () => {
    await timers.tickAsync(1_000);
    expect(clock).to.include({ now: 1_000, turn: 100 });
  });

  it("does not count the time for which the event loop was blocked", () => {
    timers.jump(60_000);
    expect(clock).to.include({ now: 20, turn: 1 });
  });

  it("resolves with whether a condition was met in time", async () => {
    let isMet = false;
    setTimeout(() => {
      isMet = true;
    }, 500);
    const answers = Promise.all([clock.until(() => isMet, 1_000), clock.until(() => isMet, 100)]);
    await timers.tickAsync(600);
    expect(await answers).to.deep.equal([true, false]);
  });
});
