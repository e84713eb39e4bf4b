import { expect } from "chai";
import fc from "fast-check";
import { InvalidArgumentError, StaticBackoff } from "watchbill";

describe("StaticBackoff", () => {
  it("is 0 before the first attempt, and its sleep before every other", () => {
    const backoff = new StaticBackoff({ sleep: "5s" });
    expect([0, 1, 2, 3, 1e8].map((attempt) => backoff.duration(attempt))).to.deep.equal([0, 5_000, 5_000, 5_000, 5_000]);
  });

  it("is its sleep for any attempt, however large", () => {
    const sleep = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(sleep, fc.oneof(fc.integer({ min: 1, max: 1e8 }), fc.maxSafeInteger()), (sleep, attempt) => {
        expect(new StaticBackoff({ sleep }).duration(attempt)).to.equal(attempt > 0 ? sleep : 0);
      }),
    );
  });

  it("can be 0", () => {
    expect(new StaticBackoff({ sleep: 0 }).duration(1)).to.equal(0);
  });

  it("shows its sleep in ms", () => {
    expect(new StaticBackoff({ sleep: "1.5m" }).sleep).to.equal(90_000);
  });

  for (const [options, message] of [
    [undefined, "The options of StaticBackoff are undefined: pass an object"],
    [null, "The options of StaticBackoff are null: pass an object"],
    ["1s", "The options of StaticBackoff are a string: pass an object"],
    [{ sleep: "1s", slep: "1s" }, 'StaticBackoff has no option "slep": did you mean sleep?'],
    [{ sleep: "1x" }, `sleep: '1x' is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"`],
  ] as const) {
    it(`rejects invalid options: ${message}`, () => {
      expect(() => new StaticBackoff(options as never))
        .to.throw(InvalidArgumentError)
        .with.property("message", message);
    });
  }

  for (const sleep of ["5", "-1s", -1, Number.NaN, Number.POSITIVE_INFINITY, null, undefined]) {
    it(`rejects a sleep of ${String(sleep)}`, () => {
      expect(() => new StaticBackoff({ sleep: sleep as never })).to.throw(InvalidArgumentError, "is not a duration");
    });
  }
});
