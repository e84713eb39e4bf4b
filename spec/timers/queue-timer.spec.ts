import { expect } from "chai";
import sinon from "sinon";
import { QueueTimer } from "../../lib/timers/queue-timer.js";
import { TimerQueue } from "../../lib/timers/timer-queue.js";

describe("QueueTimer", () => {
  let clock: sinon.SinonFakeTimers;
  /** When it expired, and whether it was still set at that time. */
  let woken: [number, boolean][];
  let timer: QueueTimer;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    woken = [];
    timer = new QueueTimer(() => woken.push([clock.now, timer.isSet]));
  });

  afterEach(() => clock.restore());

  it("expires once after the delay, and is no longer set then", () => {
    expect(timer.isSet).to.equal(false);
    timer.sleep(10);
    expect(timer.isSet).to.equal(true);
    clock.tick(9);
    expect(woken).to.deep.equal([]);
    clock.tick(1_000);
    expect(woken).to.deep.equal([[10, false]]);
  });

  it("expires at a time of the timer queue's clock, and never at Infinity", () => {
    timer.sleepUntil(TimerQueue.current().now() + 25);
    clock.tick(1_000);
    expect(woken).to.deep.equal([[25, false]]);
    timer.sleepUntil(Number.POSITIVE_INFINITY);
    clock.tick(100_000);
    expect(woken).to.have.lengthOf(1);
    expect(timer.isSet).to.equal(true);
  });

  it("uses only the last time that was set", () => {
    timer.sleep(10);
    timer.sleep(50);
    clock.tick(1_000);
    expect(woken).to.deep.equal([[50, false]]);
  });

  it("does not expire once it is cancelled, and can be set again, even when it expires", () => {
    timer.sleep(10);
    timer.cancel();
    timer.cancel();
    expect(timer.isSet).to.equal(false);
    clock.tick(1_000);
    expect(woken).to.deep.equal([]);
    const again = new QueueTimer(() => {
      woken.push([clock.now, again.isSet]);
      if (woken.length < 3) again.sleep(5);
    });
    again.sleep(0);
    clock.tick(0);
    clock.tick(1_000);
    expect(woken).to.deep.equal([
      [1_000, false],
      [1_005, false],
      [1_010, false],
    ]);
  });
});
