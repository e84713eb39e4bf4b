import { expect } from "chai";
import { ShutdownTimeoutError } from "watchbill";

const cure = "Let each watch context.signal, or raise shutdownTimeout";

describe("ShutdownTimeoutError", () => {
  it("names the worker that did not stop", () => {
    const error = new ShutdownTimeoutError(["github/commits"], "30s");
    expect(error.message).to.equal(`1 worker did not stop within 30s: github/commits. ${cure}`);
    expect(error.workers).to.deep.equal(["github/commits"]);
  });

  it("names all of several", () => {
    const error = new ShutdownTimeoutError(["a", "b"], "1m 30s");
    expect(error.message).to.equal(`2 workers did not stop within 1m 30s: a, b. ${cure}`);
    expect(error.workers).to.deep.equal(["a", "b"]);
  });
});
