import { expect } from "chai";
import { Bucket, type Timer } from "../../lib/timers/bucket.js";
import { TimerQueue } from "../../lib/timers/timer-queue.js";

describe("A bucket of timers that was compacted", () => {
  /** A bucket with 40 timers by tick, 3 of them shifted out and 33 removed, and the 4 that are left. */
  function compacted() {
    const bucket = new Bucket(TimerQueue.current());
    const timers = Array.from({ length: 40 }, (): Timer => ({ bucket: undefined, slot: -1, wake() {} }));
    for (const [tick, timer] of timers.entries()) bucket.add(timer, tick);
    for (let count = 0; count < 3; count++) bucket.shift();
    for (const timer of timers.slice(3, 36)) bucket.remove(timer);
    return { bucket, left: timers.slice(36) };
  }

  it("shifts the timers that are left, in order", () => {
    const { bucket, left } = compacted();
    const shifted = left.map(() => bucket.shift());
    expect(shifted).to.deep.equal(left);
    expect([bucket.isEmpty, bucket.shift()]).to.deep.equal([true, undefined]);
  });

  it("has the ticks of the timers that are left, and of those that are added", () => {
    const { bucket, left } = compacted();
    const added: Timer = { bucket: undefined, slot: -1, wake() {} };
    bucket.add(added, 50);
    expect([...left, added].map((timer) => bucket.tickOf(timer))).to.deep.equal([36, 37, 38, 39, 50]);
  });
});
