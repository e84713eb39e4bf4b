import { expect } from "chai";
import { WorkerExitedPrematurelyError } from "watchbill";

describe("WorkerExitedPrematurelyError", () => {
  it("names the worker and the fix", () => {
    expect(new WorkerExitedPrematurelyError("github/commits")).to.include({
      worker: "github/commits",
      message:
        "github/commits exited prematurely: a worker runs until its signal aborts; repeat it or retry it if it is done sooner",
    });
  });
});
