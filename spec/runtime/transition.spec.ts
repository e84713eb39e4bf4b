import { AsyncLocalStorage } from "node:async_hooks";
import { expect } from "chai";
import {
  afterTransition,
  type CodeCall,
  callAfterTransition,
  continueAfterTransition,
  countCallsAnew,
  hasToWait,
  inTransition,
  leaveCode,
} from "../../lib/runtime/transition.js";

describe("A transition", () => {
  it("delays commands until it is over, also those of nested transitions, and runs them in order", () => {
    const log: string[] = [];
    inTransition(() => {
      afterTransition(() => log.push("first"));
      inTransition(() => afterTransition(() => log.push("second")), undefined);
      log.push("change");
    }, undefined);
    expect(log).to.deep.equal(["change", "first", "second"]);
  });

  it("returns the result of the change, and a command runs immediately when there is no transition", () => {
    const log: string[] = [];
    expect(inTransition((text: string) => text.length, "four")).to.equal(4);
    afterTransition(() => log.push(hasToWait() ? "in a transition" : "outside"));
    expect(log).to.deep.equal(["in a transition"]);
  });

  it("calls code of workers outside of any transition, and one after the other", () => {
    const log: unknown[] = [];
    const code = (name: string): void => {
      log.push([name, hasToWait()]);
      // Tasks that the code itself starts are called immediately; the code of other workers waits until it has returned.
      if (name === "a") {
        inTransition(() => callAfterTransition({ callCode: () => code("c") }), undefined);
        afterTransition(() => log.push("command of a"));
      }
      log.push(`end of ${name}`);
    };
    inTransition(() => {
      callAfterTransition({ callCode: () => code("a") });
      callAfterTransition({ callCode: () => code("b") });
    }, undefined);
    expect(log).to.deep.equal([["a", false], ["c", false], "end of c", "command of a", "end of a", ["b", false], "end of b"]);
  });

  it("is over when the change throws, and keeps the pending commands", () => {
    const log: string[] = [];
    const change = (): void => {
      afterTransition(() => {
        throw new Error("broken");
      });
      afterTransition(() => log.push("kept"));
    };
    expect(() => inTransition(change, undefined)).to.throw("broken");
    // A command that is called now comes after the pending one.
    expect([log, hasToWait()]).to.deep.equal([[], true]);
    inTransition(() => {}, undefined);
    expect([log, hasToWait()]).to.deep.equal([["kept"], false]);
  });

  it("runs a command from the code of a worker after the pending ones", () => {
    const log: string[] = [];
    const code = (): void => {
      inTransition(() => afterTransition(() => log.push("first")), undefined);
      afterTransition(() => log.push("second"));
      log.push("end of the code");
    };
    inTransition(() => callAfterTransition({ callCode: code }), undefined);
    expect(log).to.deep.equal(["end of the code", "first", "second"]);
  });

  it("continues a step until it returns false, with the code and the commands of each step before the next", () => {
    const log: string[] = [];
    let count = 0;
    inTransition(() => {
      continueAfterTransition(() => {
        const step = ++count;
        callAfterTransition({ callCode: () => void log.push(`code ${step}`) });
        afterTransition(() => log.push(`command ${step}`));
        return step < 3;
      });
      log.push("change");
    }, undefined);
    expect(log).to.deep.equal(["change", "code 1", "command 1", "code 2", "command 2", "code 3", "command 3"]);
  });

  it("yields to the event loop if each command causes another", async () => {
    let commands = 0;
    let turns = 0;
    const again = (): void => {
      commands++;
      if (turns < 3) inTransition(() => afterTransition(again), undefined);
    };
    const count = (): void => {
      turns++;
      if (turns < 3) setImmediate(count);
    };
    setImmediate(count);
    inTransition(() => afterTransition(again), undefined);
    while (turns < 3) await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(commands).to.be.within(3, 1_000);
    expect(hasToWait()).to.equal(false);
  });

  it("runs a command in the async context of its caller", () => {
    const storage = new AsyncLocalStorage<string>();
    let seen: unknown;
    inTransition(() => {
      storage.run("caller", () => afterTransition(() => (seen = storage.getStore())));
    }, undefined);
    expect(seen).to.equal("caller");
  });

  it("makes any number of calls, in order, a thousand in one turn of the event loop", async () => {
    const calls: number[] = [];
    inTransition(() => {
      for (let i = 0; i < 2_500; i++) callAfterTransition({ callCode: () => void calls.push(i) });
    });
    expect(calls).to.have.lengthOf(1_000);
    await new Promise(setImmediate);
    expect(calls).to.have.lengthOf(2_000);
    await new Promise(setImmediate);
    expect(calls).to.deep.equal(Array.from({ length: 2_500 }, (_, i) => i));
  });

  it("counts the calls of each timer that wakes anew, also after a command in the same turn of the event loop", () => {
    let calls = 0;
    afterTransition(() => {});
    for (let timer = 0; timer < 3; timer++) {
      countCallsAnew();
      inTransition(() => {
        for (let i = 0; i < 600; i++) callAfterTransition({ callCode: () => void calls++ });
      });
    }
    expect(calls).to.equal(1_800);
  });

  it("makes the calls that are caused by the return of code after that, so that the stack does not grow", async () => {
    let runs = 0;
    let depth = 0;
    let deepest = 0;
    const again: CodeCall = {
      callCode() {
        deepest = Math.max(deepest, ++depth);
        leaveCode();
        if (++runs < 3_000) inTransition(() => callAfterTransition(again));
        depth--;
      },
    };
    inTransition(() => callAfterTransition(again));
    while (runs < 3_000) await new Promise(setImmediate);
    expect(deepest).to.equal(1);
  });
});
