import { expect } from "chai";
import { afterTransition, callAfterTransition, inTransition, isInTransition } from "../../lib/runtime/transition.js";

describe("A transition", () => {
  it("has commands wait until it is over, also those of a transition within it, and runs them in their order", () => {
    const log: string[] = [];
    inTransition(() => {
      afterTransition(() => log.push("first"));
      inTransition(() => afterTransition(() => log.push("second")), undefined);
      log.push("change");
    }, undefined);
    expect(log).to.deep.equal(["change", "first", "second"]);
  });

  it("returns what the change returns, and runs a command at once when there is no transition", () => {
    const log: string[] = [];
    expect(inTransition((text: string) => text.length, "four")).to.equal(4);
    afterTransition(() => log.push(isInTransition() ? "in a transition" : "outside"));
    expect(log).to.deep.equal(["in a transition"]);
  });

  it("calls the code of workers outside of any transition, and one after the other", () => {
    const log: unknown[] = [];
    const code = (name: string): void => {
      log.push([name, isInTransition()]);
      // A command is carried out at once; the code of other workers waits until this one has returned.
      if (name === "a") {
        inTransition(() => callAfterTransition(code, "c"), undefined);
        afterTransition(() => log.push("command of a"));
      }
      log.push(`end of ${name}`);
    };
    inTransition(() => {
      callAfterTransition(code, "a");
      callAfterTransition(code, "b");
    }, undefined);
    expect(log).to.deep.equal([["a", false], "command of a", "end of a", ["b", false], "end of b", ["c", false], "end of c"]);
  });

  it("is over when the change throws, and loses none of the commands that wait", () => {
    const log: string[] = [];
    const change = (): void => {
      afterTransition(() => {
        throw new Error("broken");
      });
      afterTransition(() => log.push("kept"));
    };
    expect(() => inTransition(change, undefined)).to.throw("broken");
    expect([log, isInTransition()]).to.deep.equal([[], false]);
    inTransition(() => {}, undefined);
    expect(log).to.deep.equal(["kept"]);
  });

  it("keeps nothing of what it has run, and no more than a small queue", () => {
    let runs = 0;
    inTransition(() => {
      for (let i = 0; i < 5_000; i++) callAfterTransition((step: number) => void (runs += step), 1);
    }, undefined);
    inTransition(() => callAfterTransition(() => runs++, undefined), undefined);
    expect(runs).to.equal(5_001);
  });
});
