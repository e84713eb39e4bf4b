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

  it("settle each with the exit of the worker: the run under way with its outcome, the others with the exit", async () => {
    const commands = new WorkerCommands();
    const current = outcomeOf(commands.requestRun());
    commands.onRunStart();
    const next = outcomeOf(commands.requestRun());
    const idle = outcomeOf(commands.whenIdle());
    commands.onWorkerExit("fetch", new Error("no luck"), undefined);
    expect(await current).to.equal("no luck");
    expect(await next).to.equal("fetch cannot be triggered: it has failed");
    expect(await idle).to.equal("resolved");
    expect([commands.wantsRun, commands.isRunAwaited, commands.isIdleAwaited]).to.deep.equal([false, false, false]);
  });

  it("all reject when the worker hangs and its supervisor waits no longer", async () => {
    const commands = new WorkerCommands();
    const current = outcomeOf(commands.requestRun());
    commands.onRunStart();
    const next = outcomeOf(commands.requestRun());
    const idle = outcomeOf(commands.whenIdle());
    commands.rejectAll(new Error("too late"));
    expect([await current, await next, await idle]).to.deep.equal(["too late", "too late", "too late"]);
    expect(commands.wantsRun).to.equal(false);
  });

  it("hold the attempts of a run during a pause, unless it was requested during that pause, or another run is", () => {
    const commands = new WorkerCommands();
    commands.onRunStart();
    commands.pause();
    expect(commands.holdsAttempts).to.equal(true);
    void commands.requestRun();
    expect(commands.holdsAttempts).to.equal(false);
    commands.onRunStart();
    expect(commands.holdsAttempts).to.equal(false);
    commands.pause();
    expect(commands.holdsAttempts).to.equal(true);
  });
});
