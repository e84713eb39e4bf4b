import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { bootstrap, DeclarativeWorker, type DeclarativeWorkerOptions, type Runner, stopped, wait } from "watchbill";
import { expectError, phases, Stubborn, silent, untilStopped, watch } from "./commands.fixture.js";

type Command = "pause" | "resume" | "restart" | "remove";

async function execute(runner: Runner, command: Command, name = "one"): Promise<void> {
  await runner[command](name);
}

describe("Simultaneous commands", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  /** Runs a worker beside an unrelated one. */
  function running(options: DeclarativeWorkerOptions) {
    const one = new DeclarativeWorker({ name: "one", ...options });
    const other = new DeclarativeWorker({ name: "other", worker: untilStopped });
    const runner = bootstrap([one, other], { logger: silent });
    return { runner, run: watch(runner.run()) };
  }

  for (const [commands, phase, starts] of [
    [["restart", "restart"], "running", 2],
    [["pause", "restart"], "running", 2],
    [["pause", "resume"], "running", 2],
    [["pause", "resume", "pause"], "paused", 1],
    [["restart", "pause"], "paused", 1],
    [["restart", "remove"], undefined, 1],
    [["pause", "remove"], undefined, 1],
    [["remove", "remove"], undefined, 1],
    [["remove", "restart"], "running", 2],
    [["remove", "pause"], "paused", 1],
    [["remove", "restart", "pause", "remove"], undefined, 1],
  ] as const) {
    for (const late of [false, true]) {
      it(`all settle, and the latest wins: ${commands.join(", ")}${late ? ", of a worker that hangs" : ""}`, async () => {
        const one = new Stubborn();
        const { runner, run } = running({ worker: one.run });
        const results = commands.map((command) => watch(execute(runner, command)));
        await clock.tickAsync(late ? "01:00" : 0);
        expect(phases(runner)).to.deep.equal({ one: "running", other: "running" });
        expect(one.starts).to.equal(1);
        one.end();
        await clock.tickAsync(0);
        expect(results.map(({ outcome }) => outcome)).not.to.include("pending");
        expect(phases(runner)).to.deep.equal(phase === undefined ? { other: "running" } : { one: phase, other: "running" });
        expect([one.starts, run.outcome]).to.deep.equal([starts, "pending"]);
        const stopped = runner.stop();
        one.end();
        await stopped;
        expect([run.outcome, clock.countTimers()]).to.deep.equal(["resolved", 0]);
      });
    }
  }

  for (const [command, reason] of [
    ["restart", "one was restarted"],
    ["remove", "one was removed"],
  ] as const) {
    it(`reject a triggered run, in progress or pending, with the reason of the ${command} that stops it`, async () => {
      const { runner } = running({
        async job({ signal }) {
          await stopped(signal);
          signal.throwIfAborted();
        },
        repeat: "1m",
      });
      const underWay = watch(runner.trigger("one"));
      await clock.tickAsync("00:01");
      const toCome = watch(runner.trigger("one"));
      await execute(runner, command);
      for (const { outcome } of [underWay, toCome]) expectError(outcome, DOMException, reason);
      await runner.stop();
    });
  }

  it("pause a worker only after the run that was triggered before", async () => {
    const { runner } = running({ job: () => wait("5s"), repeat: "1m" });
    const order: string[] = [];
    void runner.trigger("one").then(() => order.push("run"));
    void runner.pause("one").then(() => order.push("at rest"));
    await clock.tickAsync(4_999);
    expect(order).to.deep.equal([]);
    await clock.tickAsync("05:00");
    expect(order).to.have.members(["run", "at rest"]);
    expect(runner.status()[0]).to.deep.include({ phase: "paused", runs: 1 });
    await runner.stop();
  });

  it("do not affect each other's workers", async () => {
    const slow = new Stubborn();
    const { runner } = running({ worker: slow.run });
    const restarted = watch(runner.restart("one"));
    await runner.pause("other");
    await runner.restart("other");
    await runner.remove("other");
    expect([restarted.outcome, phases(runner)]).to.deep.equal(["pending", { one: "running" }]);
    const stopped = runner.stop();
    slow.end();
    await stopped;
  });
});
