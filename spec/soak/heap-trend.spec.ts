import { expect } from "chai";
import fc from "fast-check";
import { heapTrend, isLeak } from "../../soak/heap-trend.js";

/** A hundred samples, a thousand runs apart. */
function samplesOf(heapAt: (runs: number) => number) {
  return Array.from({ length: 100 }, (_, index) => ({ runs: index * 1_000, heap: heapAt(index * 1_000) }));
}

const noise = fc.array(fc.integer({ min: -100_000, max: 100_000 }), { minLength: 100, maxLength: 100 });

function at(index: number, values: readonly number[]): number {
  return values[index] ?? 0;
}

describe("The trend of the soak's heap", () => {
  it("is the slope, with nothing to either side, if there is no noise", () => {
    const { slope, low, high } = heapTrend(samplesOf((runs) => 20e6 + 7 * runs));
    for (const figure of [slope, low, high]) expect(figure).to.be.closeTo(7, 1e-6);
  });

  it("has the interval that a table of Student's t gives", () => {
    const { slope, low, high } = heapTrend([1, 2, 4, 3, 5, 7, 6].map((heap, runs) => ({ runs, heap })));
    expect(slope).to.be.closeTo(0.9286, 1e-3);
    // The standard error, times 4.032 for five degrees of freedom. For so few the expansion is right to 3%.
    expect(high - slope).to.be.closeTo(0.166 * 4.032, 0.03);
    expect(slope - low).to.be.closeTo(high - slope, 1e-9);
  });

  it("is not to be had of two samples, or without runs", () => {
    expect(() => heapTrend([])).to.throw(RangeError, "0 samples make no trend");
    expect(() => heapTrend([1, 2, 3].map((heap) => ({ runs: 5, heap })))).to.throw(RangeError, "3 samples make no trend");
  });

  it("is no leak, if the heap only goes up and down", () => {
    fc.assert(
      fc.property(noise, (noise) => {
        const samples = samplesOf((runs) => 20e6 + at(runs / 1_000, noise));
        expect(isLeak(heapTrend(samples), 100_000)).to.equal(false);
      }),
    );
  });

  it("is a leak, if it goes up and down and loses an object at every run", () => {
    fc.assert(
      fc.property(noise, (noise) => {
        const samples = samplesOf((runs) => 20e6 + 56 * runs + at(runs / 1_000, noise));
        expect(isLeak(heapTrend(samples), 100_000)).to.equal(true);
      }),
    );
  });

  it("is no leak, if what it has grown by is little in all, or little a run", () => {
    expect(isLeak({ slope: 50, low: 50, high: 50 }, 20_000)).to.equal(false);
    expect(isLeak({ slope: 3, low: 3, high: 3 }, 20_000_000)).to.equal(false);
    expect(isLeak({ slope: 50, low: -1, high: 101 }, 20_000_000)).to.equal(false);
  });
});
