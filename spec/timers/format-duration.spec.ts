import { expect } from "chai";
import fc from "fast-check";
import { formatDuration } from "../../lib/timers/format-duration.js";

const sizes: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const fullAt: Record<string, number> = { ms: 1_000, s: 60, m: 60, h: 24, d: Number.POSITIVE_INFINITY };

/** Parses a formatted duration into numbers and units. */
function partsOf(text: string): [number, string][] {
  return text.split(" ").map((part) => {
    const [, count = "", unit = ""] = /^(\d+(?:\.\d)?)(ms|s|m|h|d)$/.exec(part) ?? [];
    return [count === "" ? Number.NaN : Number(count), unit];
  });
}

describe("formatDuration", () => {
  for (const [ms, text] of [
    [0, "0ms"],
    [0.4, "0ms"],
    [250, "250ms"],
    [999, "999ms"],
    [1_000, "1s"],
    [1_500, "1.5s"],
    [1_540, "1.5s"],
    [59_900, "59.9s"],
    [60_000, "1m"],
    [150_000, "2m 30s"],
    [3_600_000, "1h"],
    [3_605_000, "1h"],
    [10_860_000, "3h 1m"],
    [86_400_000, "1d"],
    [88_200_000, "1d"],
    [90_000_000, "1d 1h"],
    [400 * 86_400_000, "400d"],
  ] as const) {
    it(`formats ${ms} ms as ${text}`, () => {
      expect(formatDuration(ms)).to.equal(text);
    });
  }

  it("is accurate to a tenth of a second below a minute", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 59_900 }), (ms) => {
        const [[count, unit] = [Number.NaN, ""], ...others] = partsOf(formatDuration(ms));
        expect(others).to.deep.equal([]);
        expect(count * (sizes[unit] ?? Number.NaN)).to.be.closeTo(ms, unit === "ms" ? 0 : 50);
      }),
    );
  });

  it("uses at most two units, the larger first, and rounds down by less than one of the smaller", () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 400 * 86_400 }), (seconds) => {
        const parts = partsOf(formatDuration(seconds * 1_000)).map(([count, unit]) => count * (sizes[unit] ?? Number.NaN));
        const largest = Object.values(sizes).findLast((size) => size <= seconds * 1_000) ?? Number.NaN;
        const step = Object.values(sizes).findLast((size) => size < largest) ?? Number.NaN;
        const shown = parts.reduce((sum, part) => sum + part, 0);
        expect(parts.length).to.be.within(1, 2);
        expect(parts).to.deep.equal(parts.toSorted((a, b) => b - a));
        expect(seconds * 1_000 - shown)
          .to.be.at.least(0)
          .and.below(step);
      }),
    );
  });

  it("carries over to the next unit: 1m, not 60s", () => {
    for (const ms of [999.6, 59_960, 3_599_999, 86_399_999]) {
      for (const [count, unit] of partsOf(formatDuration(ms))) expect(count, formatDuration(ms)).to.be.below(fullAt[unit] ?? 0);
    }
  });

  it("shows what is not a finite number as it is", () => {
    expect([Number.POSITIVE_INFINITY, Number.NaN].map(formatDuration)).to.deep.equal(["Infinityms", "NaNms"]);
  });
});
