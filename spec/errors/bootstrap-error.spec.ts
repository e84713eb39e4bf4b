import { expect } from "chai";
import { BootstrapError } from "watchbill";

describe("BootstrapError", () => {
  it("lists every problem, however many there are", () => {
    expect(new BootstrapError(["no name"], []).message).to.equal("Nothing was started, because of 1 problem:\n  - no name");
    expect(new BootstrapError(["no name", "one\ntwo"], []).message).to.equal(
      "Nothing was started, because of 2 problems:\n  - no name\n  - one\n    two",
    );
  });

  it("shows the first hundred problems, shortened, and has all of them in full as a property", () => {
    const problems = Array.from({ length: 10_000 }, (_, i) => `${i} ${"x".repeat(60_000)}`);
    const error = new BootstrapError(problems, []);
    const lines = error.message.split("\n");
    expect(lines).to.have.length(102);
    expect(lines[0]).to.equal("Nothing was started, because of 10000 problems:");
    expect(lines[100]).to.equal(`  - 99 ${"x".repeat(1_997)}… (60003 characters)`);
    expect(lines[101]).to.equal("  and 9900 more");
    expect(error.problems).to.equal(problems);
    expect(new BootstrapError(problems.slice(0, 100), []).message.split("\n")).to.have.length(101);
  });

  it("has the first thrown value as its cause, of any type", () => {
    const thrown = ["no luck", new Error("later")];
    const error = new BootstrapError(["no name"], thrown);
    expect(error).to.include({ errors: thrown, cause: "no luck" });
    expect(new BootstrapError(["no name"], [undefined])).to.have.own.property("cause", undefined);
  });

  it("has no cause if nothing was thrown", () => {
    expect(new BootstrapError(["no name"], [])).not.to.have.own.property("cause");
  });
});
