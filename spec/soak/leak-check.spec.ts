import { expect } from "chai";
import fc from "fast-check";
import { heapTrend, isLeak } from "../../soak/leak-check.js";

/** A hundred samples, a thousand runs apart. */
function samplesOf(heapAt: (runs: number) => number) {
  return Array.from({ length: 100 }, (_, index) => ({ runs: index * 1_000, heap: heapAt(index * 1_000) }));
}

const noise = fc.array(fc.integer({ min: -100_000, max: 100_000 }), { minLength: 100, maxLength: 100 });

function at(index: number, values: readonly number[]): number {
  return values[index] ?? 0;
}

describe("The heap trend of the soak", () => {
  it("has the slope without a confidence interval if there is no noise", () => {
    const { slope, low, high } = heapTrend(samplesOf((runs) => 20e6 + 7 * runs));
    for (const figure of [slope, low, high]) expect(figure).to.be.closeTo(7, 1e-6);
  });

  it("has the confidence interval of a table of Student's t", () => {
    const { slope, low, high } = heapTrend([1, 2, 4, 3, 5, 7, 6].map((heap, runs) => ({ runs, heap })));
    expect(slope).to.be.closeTo(0.9286, 1e-3);
    // The standard error, times 4.032 for five degrees of freedom. For so few the expansion is right to 3%.
    expect(high - slope).to.be.closeTo(0.166 * 4.032, 0.03);
    expect(slope - low).to.be.closeTo(high - slope, 1e-9);
  });

  it("refuses fewer than three samples, and samples without runs between them", () => {
    expect(() => heapTrend([])).to.throw(RangeError, "0 samples make no trend");
    expect(() => heapTrend([1, 2, 3].map((heap) => ({ runs: 5, heap })))).to.throw(RangeError, "3 samples make no trend");
  });

  it("is not a leak if the heap only fluctuates", () => {
    fc.assert(
      fc.property(noise, (noise) => {
        const samples = samplesOf((runs) => 20e6 + at(runs / 1_000, noise));
        expect(isLeak(heapTrend(samples), 100_000)).to.equal(false);
      }),
    );
  });

  it("is a leak if the heap fluctuates and every run leaks an object", () => {
    fc.assert(
      fc.property(noise, (noise) => {
        const samples = samplesOf((runs) => 20e6 + 56 * runs + at(runs / 1_000, noise));
        expect(isLeak(heapTrend(samples), 100_000)).to.equal(true);
      }),
    );
  });

  it("is not a leak if the growth is small in all, or small per run", () => {
    expect(isLeak({ slope: 50, low: 50, high: 50 }, 20_000)).to.equal(false);
    expect(isLeak({ slope: 3, low: 3, high: 3 }, 20_000_000)).to.equal(false);
    expect(isLeak({ slope: 50, low: -1, high: 101 }, 20_000_000)).to.equal(false);
  });
});
