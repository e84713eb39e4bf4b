import { expect } from "chai";
import { WorkerExitedPrematurelyError, WorkersFailedError } from "watchbill";

const commits = { worker: "github/commits", error: new RangeError("too far") };
const events = { worker: "github/events", error: new WorkerExitedPrematurelyError("github/events") };

describe("WorkersFailedError", () => {
  it("holds every error by identity and in order, whose they are, and the first as its cause", () => {
    const error = new WorkersFailedError([commits, events], "worker");
    expect(error.errors).to.have.ordered.members([commits.error, events.error]);
    expect(error.workers).to.deep.equal(["github/commits", "github/events"]);
    expect(error.cause).to.equal(commits.error);
  });

  it("has a line for every error, with the worker's name once", () => {
    expect(new WorkersFailedError([commits, events], "worker").message).to.equal(
      `2 workers failed:
  github/commits: RangeError: too far
  github/events exited prematurely: a worker runs until its signal aborts; repeat it or retry it if it is done sooner`,
    );
  });

  it("counts one worker, and jobs as jobs", () => {
    expect(new WorkersFailedError([commits], "worker").message).to.equal(
      "1 worker failed:\n  github/commits: RangeError: too far",
    );
    expect(new WorkersFailedError([commits], "job").message).to.match(/^1 job failed:\n/);
    expect(new WorkersFailedError([commits, commits], "job").message).to.match(/^2 jobs failed:\n/);
  });

  it("indents what is of several lines, such as the failure of a roster within it", () => {
    const inner = new WorkersFailedError([commits, { worker: "y", error: new Error("one\ntwo") }], "job");
    expect(new WorkersFailedError([{ worker: "x", error: inner }], "worker").message).to.equal(
      `1 worker failed:
  2 jobs failed:
    github/commits: RangeError: too far
    y: Error: one
    two`,
    );
  });

  it("can be made of an error that cannot be shown", () => {
    const error = Object.defineProperty(new Error("no luck"), "message", {
      get: () => {
        throw new Error("not to be read");
      },
    });
    expect(new WorkersFailedError([{ worker: "x", error }], "worker").message).to.equal(
      "1 worker failed:\n  x: an error that cannot be shown",
    );
  });
});
