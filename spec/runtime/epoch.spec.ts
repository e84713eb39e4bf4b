import { expect } from "chai";
import sinon from "sinon";
import { epochOf, epochOffset, timeOf } from "../../lib/runtime/epoch.js";
import { TimerQueue } from "../../lib/timers/timer-queue.js";

describe("The time since the epoch", () => {
  /** The time of both clocks, exactly, in ms. */
  let time: number;
  /** How long the process is suspended between the readings of the two clocks. */
  let pauses: number[];
  /** By how much the wall clock was set forward. */
  let set: number;
  const start = Date.UTC(2026, 10, 24) + 0.75;

  beforeEach(() => {
    time = 1_000.25;
    pauses = [];
    set = 0;
    sinon.stub(Date, "now").callsFake(() => {
      const now = Math.floor(start + set + time);
      time += pauses.shift() ?? 0;
      return now;
    });
    sinon.stub(TimerQueue.prototype, "now").callsFake(() => time);
    // Another queue than before.
    set = 1_000_000;
    epochOffset();
    set = 0;
  });

  afterEach(() => sinon.restore());

  it("of times that are an interval apart differs by the interval, at whatever moment it is asked for", () => {
    const seen = new Set<number>();
    for (let step = 0; step < 2_000; step++) {
      seen.add(epochOf(500.3 + step * 7) - step * 7);
      time += 0.377;
    }
    expect(seen).to.have.length(1);
  });

  it("is at most 2 ms too small, and never too large", () => {
    const offsets: number[] = [];
    for (let step = 0; step < 100; step++) {
      set += 100;
      offsets.push(start + set - epochOffset());
      time += 0.377;
    }
    expect(Math.min(...offsets)).to.be.at.least(0);
    expect(Math.max(...offsets))
      .to.be.above(1)
      .and.below(2);
  });

  it("follows the wall clock when that is set", () => {
    const before = epochOf(5_000);
    for (const [by, change] of [
      [10_000, 10_000],
      [-3_000, -3_000],
    ] as const) {
      set = by;
      expect(epochOf(5_000) - before).to.be.closeTo(change, 1);
    }
  });

  it("does not change because the process was suspended while the clocks were read", () => {
    const before = epochOffset();
    pauses = [50];
    expect(epochOffset()).to.equal(before);
    pauses = [50, 50];
    expect(epochOffset()).to.equal(before);
  });

  it("is converted back to the same ms", () => {
    expect(timeOf(epochOf(4_711))).to.equal(4_711);
  });

  it("of another clock is its own", () => {
    const before = epochOffset();
    sinon.restore();
    const clock = sinon.useFakeTimers({ now: 5_000 });
    expect(epochOf(TimerQueue.current().now())).to.equal(5_000);
    clock.restore();
    expect(epochOf(TimerQueue.current().now())).to.be.closeTo(Date.now(), 3);
    expect(before).to.not.equal(epochOffset());
  });
});
