import { expect } from "chai";
import fc from "fast-check";
import { createSandbox } from "sinon";
import { commands } from "./model/commands.js";
import { cast, ReferenceRunner } from "./model/reference-runner.js";
import { Stage } from "./model/stage.js";

const histories = Number(process.env.WATCHBILL_HISTORIES ?? 2_000);

describe("A runner", () => {
  it("is as a simple model of it through any history; a failure prints the seed and the shortest history", async function () {
    this.timeout(600_000);
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(Object.keys(cast)),
        fc.commands(commands, { size: "+1", maxCommands: 60 }),
        async (names, history) => {
          const sandbox = createSandbox();
          const clock = sandbox.useFakeTimers({
            now: 0,
            toNotFake: ["nextTick", "queueMicrotask", "setImmediate", "clearImmediate"],
          });
          sandbox.stub(Math, "random").returns(0.5);
          const stage = new Stage(names, clock);
          try {
            const model = new ReferenceRunner(names);
            await fc.asyncModelRun(() => ({ model, real: stage }), history);
            await endOf(stage);
            expect(clock.countTimers(), "timers left behind").to.equal(0);
            expect(stage.unsettled, "commands that have not settled").to.equal(0);
            expect([...stage.triggers.values()], "triggers").to.not.include("pending");
          } finally {
            stage.callOff();
            sandbox.restore();
          }
        },
      ),
      { numRuns: histories },
    );
  });
});

/** Stops the runner, and ends the runs that hang. */
async function endOf(stage: Stage): Promise<void> {
  void stage.runner.stop();
  for (let turn = 0; turn < 3; turn++) {
    for (const name of stage.performing) stage.settle(name, "returns");
    await stage.advance([Date.now()]);
  }
}
