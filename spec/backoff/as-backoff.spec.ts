import { expect } from "chai";
import { ExponentialBackoff, InvalidArgumentError, StaticBackoff } from "watchbill";
import { asBackoff } from "../../lib/backoff/as-backoff.js";

const hint = "is not a backoff: pass a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)";

describe("asBackoff", () => {
  for (const [name, backoff] of Object.entries({
    "a StaticBackoff": new StaticBackoff({ sleep: "1s" }),
    "an ExponentialBackoff": new ExponentialBackoff({ initial: "1s", max: "1m" }),
    "an object with a method duration": { duration: (attempt: number) => attempt },
    "an object that inherits its method": Object.create({ duration: () => 0 }),
  })) {
    it(`returns ${name} unchanged`, () => {
      expect(asBackoff(backoff)).to.equal(backoff);
    });
  }

  for (const [value, shown] of [
    [undefined, "undefined"],
    [null, "null"],
    [5, "5"],
    ["5s", "a string"],
    [{}, "an object without keys"],
    [{ duration: "5s" }, "an object with the key duration"],
    [() => 5, "a function without a name"],
    [StaticBackoff, "the class StaticBackoff"],
    [{ backoff: { duration: () => 0 } }, "an object with the key backoff"],
  ] as const) {
    it(`rejects ${shown}`, () => {
      const error = expect(() => asBackoff(value)).to.throw(InvalidArgumentError);
      error.with.property("message", `${shown} ${hint}`);
    });
  }
});
