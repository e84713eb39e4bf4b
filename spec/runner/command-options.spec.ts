import { expect } from "chai";
import sinon from "sinon";
import {
  bootstrap,
  type CommandEvent,
  type CommandOptions,
  DeclarativeWorker,
  InvalidArgumentError,
  observe,
  StaticBackoff,
} from "watchbill";
import { recorder, Stubborn, start, untilStopped, watch } from "./commands.fixture.js";

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
      await runner.pause(name, { reason: "disk full" });
      expect(pause()).to.deep.equal({ since, by: null, reason: "disk full" });
      runner.resume(name);
      expect(pause()).to.equal(null);
    }
    void runner.stop();
    await clock.tickAsync(0);
  });

  const pauses: [title: string, first: CommandOptions, second: CommandOptions, shown: object][] = [
    ["nothing", { by: "alice", reason: "maintenance" }, {}, { by: "alice", reason: "maintenance" }],
    ["nothing, as at first", {}, {}, { by: null, reason: null }],
    ["who alone, after who and why", options, { by: "bob" }, { by: "alice", reason: "maintenance" }],
    ["who alone, after who", { by: "alice" }, { by: "bob" }, { by: "alice", reason: null }],
    ["the same", options, options, { by: "alice", reason: "maintenance" }],
  ];
  for (const [title, first, second, shown] of pauses) {
    it(`is that of the first pause if a second says ${title}, which is neither published nor logged`, async () => {
      const { lines, logger } = recorder();
      const { runner } = start([declared("job"), new DeclarativeWorker({ name: "loop", worker: untilStopped })], { logger });
      await clock.tickAsync(0);
      for (const name of ["job", "loop"]) {
        await runner.pause(name, first);
        events.length = lines.length = 0;
        await runner.pause(name, second);
        expect([events, lines]).to.deep.equal([[], []]);
        expect(runner.status([name])[0]?.pause).to.deep.include(shown);
      }
      void runner.stop();
      await clock.tickAsync(0);
    });
  }

  const changes: [title: string, first: CommandOptions, second: CommandOptions, shown: object][] = [
    ["why, with who", options, { by: "bob", reason: "disk full" }, { by: "bob", reason: "disk full" }],
    ["why alone", options, { reason: "disk full" }, { by: null, reason: "disk full" }],
    ["who, after nothing", {}, { by: "bob" }, { by: "bob", reason: null }],
    ["why, after who", { by: "alice" }, { reason: "disk full" }, { by: null, reason: "disk full" }],
  ];
  for (const [title, first, second, shown] of changes) {
    it(`is that of the second pause if that says ${title}`, async () => {
      const { runner } = start([declared("job")]);
      await clock.tickAsync(0);
      await runner.pause("job", first);
      await runner.pause("job", second);
      expect(events).to.have.length(2);
      expect(runner.status()[0]?.pause).to.deep.include(shown);
      void runner.stop();
      await clock.tickAsync(0);
    });
  }

  it("is neither published nor logged of a command that changes nothing", async () => {
    const { lines, logger } = recorder();
    const stubborn = new Stubborn();
    const { runner } = start([declared("job"), new DeclarativeWorker({ name: "loop", worker: stubborn.run })], { logger });
    await clock.tickAsync(0);
    runner.resume("job", options);
    runner.resume("loop", options);
    expect(events).to.deep.equal([]);
    const commands = [
      runner.pause("loop", options),
      runner.pause("loop", options),
      runner.restart("loop", options),
      runner.restart("loop", options),
      runner.remove("loop", options),
      runner.remove("loop", options),
    ];
    await clock.tickAsync(0);
    expect(events.map(({ command }) => command)).to.deep.equal(["pause", "restart", "remove"]);
    expect(lines.filter((line) => String(line).includes("alice"))).to.have.length(3);
    stubborn.end();
    await Promise.allSettled(commands);
    void runner.stop();
    await clock.tickAsync(0);
  });

  it("is published of a command that is given again, but changes something", async () => {
    const stubborn = new Stubborn();
    const flaky = new Stubborn();
    const { runner } = start([
      new DeclarativeWorker({ name: "loop", worker: stubborn.run }),
      new DeclarativeWorker({ name: "job", job: flaky.run, repeat: "1h", retryJob: new StaticBackoff({ sleep: "1s" }) }),
    ]);
    await clock.tickAsync(0);
    // A pause in place of the removal that waits for the worker to stop.
    const commands = [runner.pause("loop"), runner.remove("loop"), runner.pause("loop")];
    expect(events.map(({ command }) => command)).to.deep.equal(["pause", "remove", "pause"]);
    stubborn.end();
    await Promise.allSettled(commands);
    // A pause that holds the further attempts of a run which was triggered during the pause, but not once more after that.
    events.length = 0;
    await runner.pause("job");
    const triggered = runner.trigger("job");
    await clock.tickAsync(1);
    const held = [runner.pause("job"), runner.pause("job")];
    expect(events.map(({ command }) => command)).to.deep.equal(["pause", "trigger", "pause"]);
    flaky.end();
    await Promise.all([triggered, ...held]);
    await runner.pause("job");
    // Each trigger asks for a run, though two may get the same.
    const shared = [runner.trigger("job"), runner.trigger("job")];
    expect(events.map(({ command }) => command).slice(3)).to.deep.equal(["trigger", "trigger"]);
    await clock.tickAsync(1);
    flaky.end();
    await Promise.all(shared);
    await runner.pause("job");
    expect(events).to.have.length(5);
    void runner.stop();
    await clock.tickAsync("00:01");
  });

  it("is published and logged of workers that are added and removed while the runner does not run, too", async () => {
    const { lines, logger } = recorder();
    const runner = bootstrap([declared("job")], { logger, signals: [] });
    runner.add(declared("added"), options);
    await runner.remove("job", options);
    expect(runner.workers.map(({ name }) => name)).to.deep.equal(["added"]);
    expect(events).to.deep.equal([
      { worker: "added", command: "add", ...options },
      { worker: "job", command: "remove", ...options },
    ]);
    expect(lines).to.deep.equal([
      ["added by alice: maintenance", "added"],
      ["removed by alice: maintenance", "job"],
    ]);
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
