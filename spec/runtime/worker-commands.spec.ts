import { expect } from "chai";
import { WorkerCommands } from "../../lib/runtime/worker-commands.js";

describe("The commands of a worker", () => {
  const outcomeOf = (promise: Promise<void>) =>
    promise.then(
      () => "resolved",
      (error: Error) => error.message,
    );

  it("share a requested run, which settles when the run ends", async () => {
    const commands = new WorkerCommands();
    const run = commands.requestRun();
    expect(commands.requestRun()).to.equal(run);
    expect([commands.wantsRun, commands.isRunAwaited]).to.deep.equal([true, false]);
    commands.onRunStart();
    expect([commands.wantsRun, commands.isRunAwaited]).to.deep.equal([false, true]);
    commands.onRunEnd("done", undefined);
    expect(commands.isRunAwaited).to.equal(false);
    expect(await outcomeOf(run)).to.equal("resolved");
  });

  it("settle at the latest when the runner has stopped", async () => {
    const commands = new WorkerCommands();
    const run = outcomeOf(commands.requestRun());
    const idle = outcomeOf(commands.whenIdle());
    commands.onRunnerExit("fetch");
    expect(await run).to.equal("fetch cannot be triggered: the runner has stopped");
    expect(await idle).to.equal("resolved");
    expect(commands.wantsRun).to.equal(false);
  });
});
