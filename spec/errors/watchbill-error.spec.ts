import { expect } from "chai";
import * as watchbill from "watchbill";
import { WatchbillError } from "watchbill";

const errors = Object.entries<unknown>({ ...watchbill }).filter(
  (entry): entry is [string, { prototype: Error }] =>
    typeof entry[1] === "function" && entry[1].prototype instanceof Error && entry[1] !== WatchbillError,
);

describe("Every error of the library", () => {
  it("is exported", () => {
    expect(errors.map(([name]) => name)).to.include.members([
      "BackoffError",
      "BootstrapError",
      "InvalidArgumentError",
      "RunnerBusyError",
      "ShutdownTimeoutError",
      "ThrownValueError",
      "WorkerExitedPrematurelyError",
      "WorkersFailedError",
    ]);
  });

  for (const [name, type] of errors) {
    it(`is a WatchbillError with its own name: ${name}`, () => {
      expect(type.prototype).to.be.instanceOf(WatchbillError);
      expect(type.prototype.name).to.equal(name);
      expect(Object.hasOwn(type.prototype, "name")).to.equal(true);
    });
  }

  it("has its name in its stack, but not among its own keys", () => {
    const error = new watchbill.InvalidArgumentError("no luck");
    expect(error.stack).to.match(/^InvalidArgumentError: no luck\n/);
    expect(Object.keys(error)).to.deep.equal([]);
    expect(String(error)).to.equal("InvalidArgumentError: no luck");
  });

  it("can be caught as a WatchbillError", () => {
    expect(() => watchbill.milliseconds("5" as never)).to.throw(WatchbillError);
  });
});
