import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  DoNotRestart,
  type Runner,
  stopped,
  UnknownWorkerError,
  WorkerNotRunningError,
  wait,
} from "watchbill";
import { expectError, silent, thrownBy, untilStopped, watch } from "./commands.fixture.js";

type Command = (runner: Runner, name: string) => Promise<void>;

const commands: Record<string, Command> = {
  triggered: (runner, name) => runner.trigger(name),
  paused: (runner, name) => runner.pause(name),
  resumed: async (runner, name) => runner.resume(name),
  restarted: (runner, name) => runner.restart(name),
};
const removed: Command = (runner, name) => runner.remove(name);
const done = () => Promise.reject(new DoNotRestart());

const runnerOf = (...names: string[]) =>
  bootstrap([...names.map((name) => job(name)), new DeclarativeWorker({ name: "listener", worker: untilStopped })], {
    logger: silent,
    signals: [],
  });

const job = (name: string, code: () => unknown = () => {}) => new DeclarativeWorker({ name, job: code, repeat: "1m" });

describe("A rejected command", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  for (const [participle, command] of Object.entries({ ...commands, removed })) {
    it(`suggests the nearest names if there is no such worker to be ${participle}`, async () => {
      const runner = runnerOf("github/commits");
      const running = runner.run();
      for (const state of ["running", "stopped"]) {
        const refused = watch(command(runner, "github/comits"));
        await clock.tickAsync(0);
        expectError(refused.outcome, UnknownWorkerError, 'There is no worker "github/comits": did you mean github/commits?');
        expect(refused.outcome, state).to.have.property("worker", "github/comits");
        await runner.stop();
        await running;
      }
    });
  }

  for (const [name, names, hint] of [
    ["comits", ["github/commits", "gitlab/commits"], "did you mean github/commits or gitlab/commits?"],
    ["github/event", ["github/commits", "github/events", "github/invent"], "did you mean github/events or github/invent?"],
    ["worker 1", ["worker 22", "worker 12", "worker 33", "worker 11"], "did you mean worker 12 or worker 11 or worker 22?"],
    ["mailer", ["github/commits", "github/events"], "there are github/commits, github/events, listener"],
    ["github", ["github/commits"], "did you mean github/commits?"],
    ["zz", ["ab", "cd"], "there are ab, cd, listener"],
  ] as const) {
    it(`suggests for "${name}" among ${names.join(", ")}: ${hint}`, async () => {
      const refused = watch(runnerOf(...names).pause(name));
      await clock.tickAsync(0);
      expectError(refused.outcome, UnknownWorkerError, `There is no worker "${name}": ${hint}`);
    });
  }

  it("reports a worker that was left out or removed as unknown", async () => {
    const runner = bootstrap([job("a"), job("b")], { logger: silent, except: "b" });
    await runner.remove("a");
    for (const name of ["a", "b"]) {
      expectError(
        thrownBy(() => runner.resume(name)),
        UnknownWorkerError,
        `There is no worker "${name}": there are none`,
      );
    }
  });

  for (const [participle, command] of Object.entries(commands)) {
    it(`names the state of the runner if a worker cannot be ${participle}: not running, stopping or stopped`, async () => {
      const slow = new DeclarativeWorker({
        name: "slow",
        async worker({ signal }) {
          await stopped(signal);
          await wait("5s");
        },
      });
      const runner = bootstrap([job("github/commits"), slow], { logger: silent, signals: [] });
      const refusal = async () => {
        const refused = watch(command(runner, "github/commits"));
        await clock.tickAsync(0);
        return refused.outcome;
      };
      expectError(await refusal(), WorkerNotRunningError, `github/commits cannot be ${participle}: the runner does not run`);
      const running = runner.run();
      const stopping = runner.stop();
      expectError(await refusal(), WorkerNotRunningError, `github/commits cannot be ${participle}: the runner is being stopped`);
      await clock.tickAsync("00:05");
      await Promise.all([stopping, running]);
      expectError(await refusal(), WorkerNotRunningError, `github/commits cannot be ${participle}: the runner has stopped`);
      expect(await refusal()).to.have.property("worker", "github/commits");
      expect(clock.countTimers()).to.equal(0);
    });
  }

  for (const [participle, command] of Object.entries(commands).filter(([participle]) => participle !== "restarted")) {
    it(`reports a completed worker, which cannot be ${participle}`, async () => {
      const runner = bootstrap([job("import", done), job("other")], { logger: silent, signals: [] });
      void runner.run();
      await clock.tickAsync("01:01");
      const refused = watch(command(runner, "import"));
      await clock.tickAsync(0);
      expectError(
        refused.outcome,
        WorkerNotRunningError,
        `import cannot be ${participle}: it has completed; restart it to run it again`,
      );
      await runner.stop();
    });
  }

  it("changes nothing", async () => {
    const runner = runnerOf("github/commits");
    const run = watch(runner.run());
    const before = runner.status();
    for (const command of Object.values({ ...commands, removed })) await command(runner, "gitlab").catch(() => {});
    expect(runner.status()).to.deep.equal(before);
    expect(run.outcome).to.equal("pending");
    await runner.stop();
  });

  it("throws if the command is synchronous, and rejects otherwise", async () => {
    const runner = runnerOf("github/commits");
    expect(thrownBy(() => runner.resume("nobody"))).to.be.instanceOf(UnknownWorkerError);
    for (const command of ["trigger", "pause", "restart", "remove"] as const) {
      expect(thrownBy(() => watch(runner[command]("nobody")))).to.equal(undefined);
    }
  });
});
