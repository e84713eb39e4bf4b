import { inspect } from "node:util";
import { expect } from "chai";
import { ShutdownTimeoutError } from "watchbill";

const cure = "Let each watch context.signal, or raise shutdownTimeout";

describe("ShutdownTimeoutError", () => {
  it("names the worker that did not stop", () => {
    const error = new ShutdownTimeoutError(["github/commits"], "30s");
    expect(error.message).to.equal(`1 worker did not stop within 30s: github/commits. ${cure}`);
    expect(error.workers).to.deep.equal(["github/commits"]);
  });

  it("names several workers", () => {
    const error = new ShutdownTimeoutError(["a", "b"], "1m 30s");
    expect(error.message).to.equal(`2 workers did not stop within 1m 30s: a, b. ${cure}`);
    expect(error.workers).to.deep.equal(["a", "b"]);
  });

  it("names the first twenty of many in its message, and has all as a property", () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `w${index}`);
    const hung = names.map((worker) => ({ worker, phase: "running", hungFor: 30_000 }));
    const error = new ShutdownTimeoutError(names, "30s", hung);
    expect(error.message).to.match(/^100,000 workers did not stop within 30s: w0, .*, w19 and 99980 more\. /);
    expect(error.workers).to.equal(names);
    expect(inspect(error).length).to.be.below(5_000);
  });

  it("prints what each worker was doing", () => {
    const error = new ShutdownTimeoutError(["a"], "30s", [{ worker: "a", phase: "overdue", hungFor: 30_012 }]);
    expect(inspect(error).split("\n")).to.include("  a: overdue, 30s after it was asked to stop");
  });
});
