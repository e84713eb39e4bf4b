import { inspect } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import sinon from "sinon";
import { type Duration, ExponentialBackoff, InvalidArgumentError } from "watchbill";

const length = fc.oneof(
  fc.integer({ min: 0, max: 86_400_000 }),
  fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true, noDefaultInfinity: true }),
);
const proportion = fc.double({ min: 0, max: 1, noNaN: true });
const chance = fc.double({ min: 0, max: 1, noNaN: true });
const attempt = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.integer({ min: 1, max: 1e8 }),
  fc.integer({ min: 1 }),
  fc.constant(2 ** 53),
);

describe("ExponentialBackoff", () => {
  afterEach(() => sinon.restore());

  for (const [initial, seconds] of [
    ["1s", [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]],
    ["2s", [0, 2, 4, 8, 16, 32, 60, 60, 60, 60]],
    ["3s", [0, 3, 6, 12, 24, 48, 60, 60, 60, 60]],
  ] satisfies [Duration, number[]][]) {
    it(`doubles from ${initial} up to 1m: ${seconds.join(", ")} s`, () => {
      const backoff = new ExponentialBackoff({ initial, max: "1m" });
      expect(seconds.map((_, attempt) => backoff.duration(attempt) / 1_000)).to.deep.equal(seconds);
    });

    it(`stays between half of that and all of it with a jitterProportion of 0.5, from ${initial}`, () => {
      const backoff = new ExponentialBackoff({ initial, max: "1m", jitterProportion: 0.5 });
      fc.assert(
        fc.property(fc.nat(seconds.length - 1), (attempt) => {
          const full = (seconds[attempt] ?? Number.NaN) * 1_000;
          expect(backoff.duration(attempt)).to.be.within(full / 2, full);
        }),
      );
    });
  }

  it("is still at its max for attempt 10^8, and positive with any jitter below 1", () => {
    const backoff = new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 0.5 });
    expect(new ExponentialBackoff({ initial: "1s", max: "1m" }).duration(1e8)).to.equal(60_000);
    expect(backoff.duration(1e8)).to.be.within(30_000, 60_000);
  });

  it("is a number from 0 to its max for any attempt, durations, jitter and random number", () => {
    fc.assert(
      fc.property(length, length, proportion, chance, attempt, (initial, max, jitterProportion, chance, attempt) => {
        const backoff = new ExponentialBackoff({ initial, max, jitterProportion, random: () => chance });
        expect(backoff.duration(attempt)).to.be.within(0, max);
      }),
      { numRuns: 2_000 },
    );
  });

  it("shortens the capped delay by a random part of the jitter", () => {
    fc.assert(
      fc.property(proportion, chance, fc.integer({ min: 1, max: 1e8 }), (jitterProportion, chance, attempt) => {
        const options = { initial: "1s", max: "1m" } as const;
        const full = new ExponentialBackoff(options).duration(attempt);
        const jittered = new ExponentialBackoff({ ...options, jitterProportion, random: () => chance }).duration(attempt);
        expect(jittered).to.be.closeTo(full - full * jitterProportion * chance, 1e-9 * full);
        expect(jittered).to.be.within(full * (1 - jitterProportion) - 1e-9, full);
      }),
    );
  });

  it("spreads the delays at the cap too", () => {
    const backoff = new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 0.5 });
    const delays = Array.from({ length: 200 }, () => backoff.duration(20));
    expect(Math.max(...delays) - Math.min(...delays)).to.be.above(20_000);
  });

  it("uses Math.random by default, in its current version", () => {
    const backoff = new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 1 });
    sinon.stub(Math, "random").returns(0.25);
    expect(backoff.duration(1)).to.equal(750);
  });

  it("never decreases from one attempt to the next without jitter", () => {
    fc.assert(
      fc.property(length, length, fc.integer({ min: 0, max: 1e8 }), (initial, max, attempt) => {
        const backoff = new ExponentialBackoff({ initial, max });
        expect(backoff.duration(attempt)).to.be.at.most(backoff.duration(attempt + 1));
      }),
    );
  });

  it("is its max immediately if that is less than its initial", () => {
    expect(new ExponentialBackoff({ initial: "1h", max: "1s" }).duration(1)).to.equal(1_000);
  });

  it("is 0 for an invalid attempt", () => {
    const backoff = new ExponentialBackoff({ initial: "1s", max: "1m" });
    expect([0, -1, Number.NaN].map((attempt) => backoff.duration(attempt))).to.deep.equal([0, 0, 0]);
  });

  const nonsense = [-5, 7, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN, undefined, null, "x", {}];
  for (const chance of nonsense) {
    it(`stays within its limits if random returns ${inspect(chance)}`, () => {
      const random = (): never => chance as never;
      const backoff = new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 0.5, random });
      expect(backoff.duration(1)).to.be.within(500, 1_000);
      expect(backoff.duration(100)).to.be.within(30_000, 60_000);
    });
  }

  it("shows its options in ms", () => {
    expect(new ExponentialBackoff({ initial: "1s", max: "1m" })).to.include({ initial: 1_000, max: 60_000, jitterProportion: 0 });
  });

  for (const malformed of ["5", "-1s", -1, Number.NaN, Number.POSITIVE_INFINITY, null, undefined]) {
    it(`rejects ${String(malformed)} as its initial or its max`, () => {
      for (const options of [
        { initial: malformed, max: "1m" },
        { initial: "1s", max: malformed },
      ]) {
        expect(() => new ExponentialBackoff(options as never)).to.throw(InvalidArgumentError, "is not a duration");
      }
    });
  }

  for (const [jitterProportion, shown] of [
    [-0.1, "-0.1"],
    [1.1, "1.1"],
    [50, "50"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    ["half", "a string"],
    ["0.5", "a string"],
    [null, "null"],
    [true, "true"],
    [1n, "1n"],
  ] as const) {
    it(`rejects a jitterProportion of ${inspect(jitterProportion)}`, () => {
      const options = { initial: "1s", max: "1m", jitterProportion: jitterProportion as never } as const;
      const error = expect(() => new ExponentialBackoff(options)).to.throw(InvalidArgumentError);
      error.with.property("message", `jitterProportion is ${shown}: use a number from 0 to 1`);
    });
  }

  it("rejects a random that is not a function", () => {
    expect(() => new ExponentialBackoff({ initial: "1s", max: "1m", random: 0.5 as never }))
      .to.throw(InvalidArgumentError)
      .with.property("message", "random is 0.5: pass a function that returns a number from 0 to 1");
  });

  for (const [options, message] of [
    [null, "The options of ExponentialBackoff are null: pass an object"],
    [
      { initial: "1s", max: "1m", jitter: 0.5 },
      'ExponentialBackoff has no option "jitter": there are initial, max, jitterProportion, random',
    ],
    [{ initial: "1s", mx: "1m" }, 'ExponentialBackoff has no option "mx": did you mean max?'],
    [
      { initial: "1x", max: "1m" },
      `initial: '1x' is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"`,
    ],
    [
      { initial: "1s" },
      'max: undefined is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"',
    ],
    [
      { initial: "1s", max: "1m", random: { seed: 5 } },
      "random is an object with the key seed: pass a function that returns a number from 0 to 1",
    ],
  ] as const) {
    it(`rejects invalid options: ${message}`, () => {
      expect(() => new ExponentialBackoff(options as never))
        .to.throw(InvalidArgumentError)
        .with.property("message", message);
    });
  }
});
