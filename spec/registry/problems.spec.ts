import { expect } from "chai";
import { BootstrapError, InvalidArgumentError } from "watchbill";
import { Problems } from "../../lib/registry/problems.js";

describe("Problems", () => {
  it("return the result of an attempt that succeeds", () => {
    const problems = new Problems();
    expect(problems.attempt("Fetcher", () => 5)).to.equal(5);
    expect(problems.count).to.equal(0);
  });

  it("report the library's own errors by their message, other errors with their name, and the first as the cause", () => {
    const problems = new Problems();
    const [first, second] = [new TypeError("first"), new RangeError("second")];
    for (const thrown of [new InvalidArgumentError("malformed"), first, second]) {
      const outcome = problems.attempt("Fetcher", () => {
        throw thrown;
      });
      expect(outcome).to.equal(undefined);
    }
    const error = problems.toError();
    expect(error).to.be.instanceOf(BootstrapError);
    expect(error).to.have.property("name", "BootstrapError");
    expect(error.problems).to.deep.equal(["Fetcher: malformed", "Fetcher: TypeError: first", "Fetcher: RangeError: second"]);
    expect(error.errors).to.deep.equal([first, second]);
    expect(error.cause).to.equal(first);
  });

  it("include the problems of another bootstrap, and its thrown errors", () => {
    const thrown = new Error("no database");
    const problems = new Problems();
    problems.add("one");
    problems.attempt("The sources", () => {
      throw new BootstrapError(["two", "three"], [thrown]);
    });
    expect(problems.toError().problems).to.deep.equal(["one", "two", "three"]);
    expect(problems.toError().cause).to.equal(thrown);
  });

  it("can have undefined as their cause, if that was thrown", () => {
    const problems = new Problems();
    problems.attempt("Fetcher", () => {
      throw undefined;
    });
    expect(problems.toError()).to.have.own.property("cause", undefined);
    expect(problems.toError().problems).to.deep.equal([
      "Fetcher: ThrownValueError: Fetcher threw undefined; throw an Error, so that there is a stack",
    ]);
  });

  it("have no cause if nothing was thrown", () => {
    const problems = new Problems();
    problems.add("one");
    expect(problems.toError()).not.to.have.own.property("cause");
  });

  it("are joined in one message, one per line, with further lines indented", () => {
    const problems = new Problems();
    problems.add("one");
    expect(problems.toError().message).to.equal("Nothing was started, because of 1 problem:\n  - one");
    problems.add("two\nlines");
    expect(problems.toError().message).to.equal("Nothing was started, because of 2 problems:\n  - one\n  - two\n    lines");
  });
});
