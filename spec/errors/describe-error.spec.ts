import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { describeError } from "../../lib/errors/describe-error.js";

describe("An error in one line", () => {
  it("is its name and its message", () => {
    expect(describeError(new RangeError("too far"))).to.equal("RangeError: too far");
    expect(describeError(new DOMException("enough", "AbortError"))).to.equal("AbortError: enough");
    expect(describeError(runInNewContext("new TypeError('foreign')"))).to.equal("TypeError: foreign");
  });

  for (const [what, property, value] of [
    ["name cannot be read", "name", undefined],
    ["message cannot be read", "message", undefined],
    ["name is a symbol", "name", Symbol("name")],
    ["message is an object without a prototype", "message", Object.create(null)],
  ] as const) {
    it(`does not throw if the ${what}`, () => {
      const error = Object.defineProperty(new Error("no luck"), property, {
        get(): unknown {
          if (value === undefined) throw new Error("not to be read");
          return value;
        },
      });
      expect(describeError(error)).to.equal("an error that cannot be shown");
    });
  }
});
