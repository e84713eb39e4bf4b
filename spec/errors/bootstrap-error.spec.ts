import { expect } from "chai";
import { BootstrapError } from "watchbill";

describe("BootstrapError", () => {
  it("lists every problem, however many there are", () => {
    expect(new BootstrapError(["no name"], []).message).to.equal("Nothing was started, because of 1 problem:\n  - no name");
    expect(new BootstrapError(["no name", "one\ntwo"], []).message).to.equal(
      "Nothing was started, because of 2 problems:\n  - no name\n  - one\n    two",
    );
  });

  it("has the first of the errors that were thrown as its cause, whatever that is", () => {
    const thrown = ["no luck", new Error("later")];
    const error = new BootstrapError(["no name"], thrown);
    expect(error).to.include({ errors: thrown, cause: "no luck" });
    expect(new BootstrapError(["no name"], [undefined])).to.have.own.property("cause", undefined);
  });

  it("has no cause if nothing was thrown", () => {
    expect(new BootstrapError(["no name"], [])).not.to.have.own.property("cause");
  });
});
