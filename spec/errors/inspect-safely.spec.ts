import { inspect } from "node:util";
import { expect } from "chai";
import { inspectSafely } from "../../lib/errors/inspect-safely.js";

describe("inspectSafely", () => {
  it("shows what util.inspect shows", () => {
    const value = { a: { b: { c: [1, "2", null] } } };
    expect(inspectSafely(value)).to.equal(inspect(value));
    expect(inspectSafely(value, { depth: 0 })).to.equal("{ a: [Object] }");
  });

  it("says of what type a value is that cannot be shown", () => {
    const unspeakable = {
      [inspect.custom]() {
        throw new Error("not to be inspected");
      },
    };
    expect(inspectSafely(unspeakable)).to.equal("something of type object that cannot be shown");
    expect(inspectSafely(Object.assign(() => {}, unspeakable))).to.equal("something of type function that cannot be shown");
  });
});
