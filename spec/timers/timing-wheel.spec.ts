import { expect } from "chai";
import fc from "fast-check";
import type { Bucket, Timer } from "../../lib/timers/bucket.js";
import { TimerQueue } from "../../lib/timers/timer-queue.js";
import { TimingWheel } from "../../lib/timers/timing-wheel.js";

const queue = new TimerQueue();

class Probe implements Timer {
  bucket: Bucket | undefined = undefined;
  slot = -1;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  wake(): void {}
}

function names(due: readonly Bucket[]): string[] {
  const found: string[] = [];
  for (const bucket of due) {
    for (let timer = bucket.shift(); timer !== undefined; timer = bucket.shift())
      if (timer instanceof Probe) found.push(timer.name);
  }
  return found;
}

/** The ticks at which a revolution of a level ends, and some beyond the highest level. */
const ends = [0, 2 ** 8, 2 ** 16, 2 ** 24, 2 ** 32, 2 ** 33, 2 ** 40];
const aroundAnEnd = fc
  .tuple(fc.constantFrom(...ends), fc.integer({ min: -3, max: 3 }))
  .map(([end, offset]) => Math.max(0, end + offset));
const near = fc.nat(1_000);
const tick = fc.oneof(aroundAnEnd, near, fc.constant(Number.POSITIVE_INFINITY));
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ add: tick }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ advance: fc.oneof(fc.nat(300), aroundAnEnd) }) },
);

describe("TimingWheel", () => {
  it("returns only the due timers, by tick and then in insertion order, after random additions and removals", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const wheel = new TimingWheel(queue);
        let waiting: { timer: Probe; tick: number; order: number }[] = [];
        let now = 0;
        for (const [order, each] of [...steps, { advance: 2 ** 41 }].entries()) {
          if ("add" in each) {
            const timer = new Probe(`${order}`);
            wheel.add(timer, now + each.add);
            waiting.push({ timer, tick: now + each.add, order });
          } else if ("remove" in each) {
            const [removed] = waiting.splice(each.remove % (waiting.length || 1), 1);
            removed?.timer.bucket?.remove(removed.timer);
          } else {
            now += each.advance;
            expect(wheel.next).to.be.at.most(Math.min(Number.POSITIVE_INFINITY, ...waiting.map(({ tick }) => tick)));
            const due = waiting.filter(({ tick }) => tick <= now).sort((a, b) => a.tick - b.tick || a.order - b.order);
            waiting = waiting.filter(({ tick }) => tick > now);
            expect(names(wheel.takeDue(now))).to.deep.equal(due.map(({ timer }) => timer.name));
          }
        }
        expect(waiting.every(({ tick }) => tick === Number.POSITIVE_INFINITY)).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });

  it("returns timers that were already due when they were added first, in insertion order", () => {
    const wheel = new TimingWheel(queue);
    wheel.add(new Probe("first"), 10);
    expect(names(wheel.takeDue(10))).to.deep.equal(["first"]);
    for (const [name, tick] of Object.entries({ later: 11, now: 10, past: -5, "long past": -1_000 }))
      wheel.add(new Probe(name), tick);
    expect(wheel.next).to.equal(10);
    expect(names(wheel.takeDue(10))).to.deep.equal(["now", "past", "long past"]);
    expect(wheel.next).to.equal(11);
    expect(names(wheel.takeDue(11))).to.deep.equal(["later"]);
  });

  it("does not retain removed timers, however many are added and removed", () => {
    const wheel = new TimingWheel(queue);
    const stays = new Probe("stays");
    wheel.add(stays, 5_000);
    for (let times = 0; times < 10_000; times++) {
      const timer = new Probe("removed");
      wheel.add(timer, 5_000);
      timer.bucket?.remove(timer);
    }
    expect(stays.slot).to.be.below(100);
    expect(names(wheel.takeDue(5_000))).to.deep.equal(["stays"]);
  });
});
