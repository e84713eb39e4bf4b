import { expect } from "chai";
import fc from "fast-check";
import { isWithin, lastSlotDue, pointOfGrid } from "../../lib/timers/grid.js";

const start = fc.double({ min: 0, max: 1e10, noNaN: true });
const interval = fc.double({ min: 0.01, max: 1e11, noNaN: true });
const slot = fc.nat(1_000_000);

describe("The grid of a repeated job", () => {
  it("has its points at start + n · interval", () => {
    expect([0, 1, 2, 1_000].map((slot) => pointOfGrid(50, 0.5, slot))).to.deep.equal([50, 50.5, 51, 550]);
  });

  it("has as its last due slot the largest n with start + n · interval <= now", () => {
    fc.assert(
      fc.property(start, interval, fc.double({ min: 0, max: 1e6, noNaN: true }), (start, interval, passed) => {
        const now = start + passed * interval;
        const last = lastSlotDue(start, interval, now);
        expect(Number.isInteger(last)).to.equal(true);
        expect(start + last * interval).to.be.at.most(now);
        expect(start + (last + 1) * interval).to.be.above(now);
      }),
      { numRuns: 2_000 },
    );
  });

  it("has a slot due exactly at its point, however the division is rounded", () => {
    fc.assert(
      fc.property(start, interval, slot, (start, interval, slot) => {
        expect(lastSlotDue(start, interval, pointOfGrid(start, interval, slot))).to.equal(slot);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is correct if the division is rounded down: (28.599999999999998 - 5.8) / 1.9 is 11.999999999999998", () => {
    expect(lastSlotDue(5.8, 1.9, 28.599999999999998)).to.equal(12);
  });

  it("is correct if the division is rounded up: (8.1 - 1.3) / 0.2 is 34, but point 34 is after 8.1", () => {
    expect(lastSlotDue(1.3, 0.2, 8.1)).to.equal(33);
  });

  it("continues before its start, for a clock that was set back", () => {
    expect(lastSlotDue(5_000, 1_000, 0)).to.equal(-5);
    expect(lastSlotDue(5_000, 1_000, 1)).to.equal(-5);
    expect(lastSlotDue(5_000, 1_000, 4_999)).to.equal(-1);
  });

  it("has a time at a point if it is delayed by no more than the jitter, give or take 2 ms for rounding", () => {
    const times = [997, 998, 1_000, 1_002, 1_003, 1_500, 1_502, 1_503];
    expect(times.filter((time) => isWithin(time, 1_000, 0))).to.deep.equal([998, 1_000, 1_002]);
    expect(times.filter((time) => isWithin(time, 1_000, 500))).to.deep.equal([998, 1_000, 1_002, 1_003, 1_500, 1_502]);
  });
});
