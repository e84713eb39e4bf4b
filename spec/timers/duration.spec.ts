import { expect } from "chai";
import fc from "fast-check";
import { InvalidArgumentError, milliseconds } from "watchbill";
import { parseDuration, parseOption } from "../../lib/timers/duration.js";

const sizes = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const unit = fc.constantFrom("ms", "s", "m", "h", "d");
const problem = 'is not a duration: use a number of ms, or a number and one of ms, s, m, h, d, such as "1.5s"';

describe("parseDuration", () => {
  it("multiplies a whole number by its unit", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), unit, (count, unit) => {
        expect(parseDuration(`${count}${unit}`)).to.equal(count * sizes[unit]);
      }),
    );
  });

  it("is exact to a thousandth of the unit", () => {
    for (let i = 1; i < 10_000; i++) expect(parseDuration(`${i / 1_000}s`)).to.equal(i);
  });

  it("accepts decimals", () => {
    expect(milliseconds("1.5s")).to.equal(1_500);
    expect(milliseconds("0.5ms")).to.equal(0.5);
    expect(milliseconds("2.25h")).to.equal(8_100_000);
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(9), unit, (whole, tenths, unit) => {
        const expected = (whole + tenths / 10) * sizes[unit];
        expect(parseDuration(`${whole}.${tenths}${unit}`)).to.be.closeTo(expected, expected * 1e-12);
      }),
    );
  });

  it("returns a number unchanged, in ms", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), (ms) => {
        expect(milliseconds(ms)).to.equal(ms);
      }),
    );
  });

  const malformed: [unknown, string][] = [
    ["-5s", "'-5s'"],
    ["+5s", "'+5s'"],
    [" 5s", "' 5s'"],
    ["5s ", "'5s '"],
    ["5s\n", "'5s\\n'"],
    ["5 s", "'5 s'"],
    ["0x10s", "'0x10s'"],
    ["1e3s", "'1e3s'"],
    ["1_000s", "'1_000s'"],
    ["1,5s", "'1,5s'"],
    [".5s", "'.5s'"],
    ["5.s", "'5.s'"],
    ["1.2.3s", "'1.2.3s'"],
    ["٥s", "'٥s'"],
    ["5S", "'5S'"],
    ["5w", "'5w'"],
    ["5constructor", "'5constructor'"],
    ["1h 30m", "'1h 30m'"],
    ["Infinitys", "'Infinitys'"],
    ["NaNs", "'NaNs'"],
    ["s", "'s'"],
    ["5", "'5'"],
    ["", "''"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [-1, "-1"],
    [null, "null"],
    [undefined, "undefined"],
    [true, "true"],
    [5n, "5n"],
    [{ s: 5 }, "an object with the key s"],
    [["5s"], "an array of 1"],
    [new String("5s"), "a String object"],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
  ];

  for (const [value, shown] of malformed) {
    it(`rejects ${shown}`, () => {
      const error = expect(() => milliseconds(value as never)).to.throw(InvalidArgumentError);
      error.with.property("message", `${shown} ${problem}`);
    });
  }

  it("rejects so many digits that the number is infinite", () => {
    expect(() => milliseconds(`${"9".repeat(400)}s` as never)).to.throw(InvalidArgumentError);
  });

  it("rejects a blank, a sign or an exponent anywhere in a well-formed duration", () => {
    const intruder = fc.constantFrom(" ", "-", "+", "e", "E", "x", "_", ",", "\n", "\t", "\0");
    fc.assert(
      fc.property(fc.nat(), unit, intruder, fc.nat(), (count, unit, intruder, position) => {
        const text = `${count}${unit}`;
        const at = position % (text.length + 1);
        expect(() => milliseconds(`${text.slice(0, at)}${intruder}${text.slice(at)}` as never)).to.throw(InvalidArgumentError);
      }),
    );
  });

  it("rejects any string that does not begin with a digit", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/^\d/.test(text)),
        (text) => {
          expect(() => milliseconds(text as never)).to.throw(InvalidArgumentError);
        },
      ),
    );
  });

  it("rejects anything but a number and a string", () => {
    fc.assert(
      fc.property(
        fc.anything().filter((value) => typeof value !== "number" && typeof value !== "string"),
        (value) => {
          expect(() => milliseconds(value as never)).to.throw(InvalidArgumentError);
        },
      ),
    );
  });

  it("is named in the error if it is of an option", () => {
    expect(parseOption("timeout", "5s")).to.equal(5_000);
    expect(() => parseOption("timeout", "5x")).to.throw(InvalidArgumentError, `timeout: '5x' ${problem}`);
  });
});
