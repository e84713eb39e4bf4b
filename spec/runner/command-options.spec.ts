import { expect } from "chai";
import sinon from "sinon";
import { type CommandEvent, type CommandOptions, DeclarativeWorker, InvalidArgumentError, observe } from "watchbill";
import { recorder, start, untilStopped, watch } from "./commands.fixture.js";

const options: CommandOptions = { by: "alice", reason: "maintenance" };

describe("Who gives a command, and why,", () => {
  let clock: sinon.SinonFakeTimers;
  let events: CommandEvent[];
  let unsubscribe: () => void;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    events = [];
    unsubscribe = observe("watchbill:command", (event) => events.push(event));
  });

  afterEach(() => {
    unsubscribe();
    clock.restore();
  });

  function declared(name: string): DeclarativeWorker {
    return new DeclarativeWorker({ name, job() {}, repeat: "1h" });
  }

  it("is published and logged for every command", async () => {
    const { lines, logger } = recorder();
    const { runner } = start([declared("job"), new DeclarativeWorker({ name: "loop", worker: untilStopped })], { logger });
    await clock.tickAsync(0);
    lines.length = 0;
    const commands = [
      runner.trigger("job", options),
      runner.pause("loop", options),
      runner.restart("job", { reason: "stuck" }),
      runner.remove("job", { by: "bob" }),
    ];
    await clock.tickAsync("00:01");
    await Promise.allSettled(commands);
    runner.resume("loop", options);
    runner.add(declared("added"), options);
    await clock.tickAsync("00:01");
    expect(events).to.deep.equal([
      { worker: "job", command: "trigger", ...options },
      { worker: "loop", command: "pause", ...options },
      { worker: "job", command: "restart", by: undefined, reason: "stuck" },
      { worker: "job", command: "remove", by: "bob", reason: undefined },
      { worker: "loop", command: "resume", ...options },
      { worker: "added", command: "add", ...options },
    ]);
    expect(lines).to.deep.equal([
      ["triggered by alice: maintenance", "job"],
      ["paused by alice: maintenance", "loop"],
      ["restarted: stuck", "job"],
      ["removed by bob", "job"],
      ["resumed by alice: maintenance", "loop"],
      ["added by alice: maintenance", "added"],
    ]);
    void runner.stop();
    await clock.tickAsync(0);
  });

  it("is not logged if the caller has not said so", async () => {
    const { lines, logger } = recorder();
    const { runner } = start([declared("job")], { logger });
    await clock.tickAsync(0);
    lines.length = 0;
    await runner.pause("job");
    expect(lines).to.deep.equal([]);
    expect(events).to.deep.equal([{ worker: "job", command: "pause", by: undefined, reason: undefined }]);
    void runner.stop();
    await clock.tickAsync(0);
  });

  it("is in the status of a paused worker, with the start of the pause, until it is resumed", async () => {
    const { runner } = start([declared("job"), new DeclarativeWorker({ name: "loop", worker: untilStopped })]);
    await clock.tickAsync("00:05");
    for (const name of ["job", "loop"]) {
      await runner.pause(name, options);
      const pause = () => runner.status().find((row) => row.name === name)?.pause;
      expect(pause()).to.deep.equal({ since: clock.now, by: "alice", reason: "maintenance" });
      const since = clock.now;
      await clock.tickAsync("00:05");
      await runner.pause(name);
      expect(pause()).to.deep.equal({ since, by: null, reason: null });
      runner.resume(name);
      expect(pause()).to.equal(null);
    }
    void runner.stop();
    await clock.tickAsync(0);
  });

  it("is one line of limited length in the log, the event and the status, whatever the text", async () => {
    const { lines, logger } = recorder();
    const { runner } = start([declared("job")], { logger });
    await clock.tickAsync(0);
    lines.length = 0;
    const forged = "  done\r\n2026-11-24T07:42:14.717Z ERROR db:\tdown\u001b[31m\u0000\u2028\u202eend\u0085 ";
    await runner.pause("job", { by: "alice\nbob", reason: forged });
    const reason = "done 2026-11-24T07:42:14.717Z ERROR db: down [31m end";
    expect(events).to.deep.equal([{ worker: "job", command: "pause", by: "alice bob", reason }]);
    expect(lines).to.deep.equal([[`paused by alice bob: ${reason}`, "job"]]);
    expect(runner.status()[0]?.pause).to.deep.include({ by: "alice bob", reason });
    await runner.restart("job", { reason: "x".repeat(100_000) });
    expect(events[1]?.reason).to.equal(`${"x".repeat(500)}… (100000 characters)`);
    void runner.stop();
    await clock.tickAsync(0);
  });

  it("is refused if it is not a text or blank, or the option does not exist", async () => {
    const { runner, run } = start([declared("job")]);
    await clock.tickAsync(0);
    const apply = (command: "trigger" | "pause" | "restart" | "remove", given: unknown) =>
      watch(Reflect.apply(runner[command], runner, ["job", given]));
    const refused = [
      apply("trigger", { by: 5 }),
      apply("pause", { reason: null }),
      apply("restart", { because: "x" }),
      apply("remove", 5),
      apply("pause", { by: "" }),
      apply("trigger", { by: "alice", reason: " \n\u0000" }),
    ];
    await clock.tickAsync(0);
    expect(refused.map(({ outcome }) => outcome instanceof InvalidArgumentError && outcome.message)).to.deep.equal([
      "The option by of trigger is 5: pass a string",
      "The option reason of pause is null: pass a string",
      'restart has no option "because": there are by, reason',
      "The options of remove are a number: pass an object",
      "The option by of pause is blank: pass a text, or leave it out",
      "The option reason of trigger is blank: pass a text, or leave it out",
    ]);
    expect(() => Reflect.apply(Reflect.get(runner, "resume"), runner, ["job", { by: 5 }])).to.throw(
      "The option by of resume is 5: pass a string",
    );
    expect(() => Reflect.apply(Reflect.get(runner, "add"), runner, [declared("x"), { by: 5 }])).to.throw(
      "The option by of add is 5: pass a string",
    );
    expect([runner.status().length, events]).to.deep.equal([1, []]);
    void runner.stop();
    await clock.tickAsync(0);
    expect(run.outcome).to.equal("resolved");
  });
});
