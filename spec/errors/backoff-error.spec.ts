import { expect } from "chai";
import { BackoffError } from "watchbill";

describe("BackoffError", () => {
  it("names the worker, the problem and what is expected", () => {
    const failure = new Error("HTTP 503");
    const error = new BackoffError("github/commits", "returned NaN for attempt 3", failure);
    expect(error).to.include({
      message: "The backoff of github/commits returned NaN for attempt 3; it must return a finite number of ms, 0 or more",
      worker: "github/commits",
      failure,
    });
    expect(error).not.to.have.own.property("cause");
  });

  it("has the value that the backoff threw as its cause", () => {
    expect(new BackoffError("x", "threw for attempt 1", undefined, { cause: "no luck" })).to.include({
      cause: "no luck",
      failure: undefined,
    });
  });
});
