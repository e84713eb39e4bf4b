import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import {
  bootstrap,
  DeclarativeWorker,
  DoNotRestart,
  Named,
  RestartLimitError,
  Retry,
  StaticBackoff,
  Worker,
  type WorkerContext,
  WorkersFailedError,
} from "watchbill";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const backoff = new StaticBackoff({ sleep: "10s" });

describe("A running class with @Retry", () => {
  let clock: SinonFakeTimers;
  /** "+a" for a start, "!a" for a failure, "-a" for a stop. */
  let log: string[];
  /** Makes the running worker of that name end: with an error, or by returning. */
  let end: Map<string, (error?: Error) => void>;

  beforeEach(() => {
    clock = useFakeTimers({ now: Date.UTC(2026, 10, 24), toNotFake: ["nextTick", "queueMicrotask"] });
    log = [];
    end = new Map();
  });

  afterEach(() => {
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  async function work({ signal, name }: WorkerContext) {
    log.push(`+${name}`);
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => resolve());
      end.set(name, (error) => {
        log.push(`!${name}`);
        if (error === undefined) resolve();
        else reject(error);
      });
    });
    if (signal.aborted) log.push(`-${name}`);
  }

  @Retry(backoff)
  class Feed {
    @Worker
    a(context: WorkerContext) {
      return work(context);
    }

    @Worker
    @Retry({ backoff: new StaticBackoff({ sleep: "1s" }), maxRestarts: 1 })
    b(context: WorkerContext): unknown {
      return work(context);
    }
  }

  class Other {
    @Worker
    x(context: WorkerContext) {
      return work(context);
    }
  }

  function start(sources: object[], options = {}) {
    const runner = bootstrap(sources, { logger, signals: [], ...options });
    const ending = runner.run().then(
      () => undefined,
      (error: unknown) => error,
    );
    return { runner, ending };
  }

  /** The log lines during a period of time. */
  async function during(time: string) {
    log = [];
    await clock.tickAsync(time);
    return log.join(" ");
  }

  const crash = (name: string, error = new Error(`${name} is down`)) => end.get(name)?.(error);

  it("restarts together when a worker without a retry fails or returns; other workers continue", async () => {
    const { runner, ending } = start([Feed, Other]);
    expect(log).to.deep.equal(["+Feed/a", "+Feed/b", "+Other/x"]);
    crash("Feed/a");
    expect(await during("9")).to.equal("-Feed/b");
    expect(await during("1")).to.equal("+Feed/a +Feed/b");
    end.get("Feed/a")?.();
    expect(await during("10")).to.equal("-Feed/b +Feed/a +Feed/b");
    await runner.stop();
    expect(await ending).to.equal(undefined);
  });

  it("restarts a worker with a retry on its own, until that retry gives up", async () => {
    const { runner, ending } = start([Feed]);
    crash("Feed/b");
    expect(await during("20")).to.equal("+Feed/b");
    crash("Feed/b");
    expect(await during("20")).to.equal("-Feed/a +Feed/a +Feed/b");
    await runner.stop();
    expect(await ending).to.equal(undefined);
  });

  it("runs on the same instance after a restart", async () => {
    const instances = new Set<object>();
    class Watched extends Feed {
      override b(context: WorkerContext) {
        instances.add(this);
        return super.b(context);
      }
    }
    const { runner, ending } = start([Watched]);
    crash("Watched/a");
    expect(await during("10")).to.equal("-Watched/b +Watched/a +Watched/b");
    expect(instances.size).to.equal(1);
    await runner.stop();
    await ending;
  });

  it("restarts independently of another class", async () => {
    @Named("more")
    class More extends Feed {}
    const { runner, ending } = start([Feed, More]);
    crash("Feed/a");
    expect(await during("5")).to.equal("-Feed/b");
    crash("more/a");
    expect(await during("5")).to.equal("-more/b +Feed/a +Feed/b");
    expect(await during("5")).to.equal("+more/a +more/b");
    await runner.stop();
    expect(await ending).to.equal(undefined);
  });

  it("runs as a group without the workers that were excluded", async () => {
    const { runner, ending } = start([Feed], { except: "Feed/b" });
    expect(runner.status().map(({ name }) => name)).to.deep.equal(["Feed/a"]);
    crash("Feed/a");
    expect(await during("10")).to.equal("+Feed/a");
    await runner.stop();
    expect(await ending).to.equal(undefined);
  });

  it("restarts the workers of a configurer as well", async () => {
    @Retry(backoff)
    class Configured {
      workers() {
        return [new DeclarativeWorker({ name: "eu", worker: work }), new DeclarativeWorker({ name: "us", worker: work })];
      }
    }
    const { runner, ending } = start([Configured]);
    crash("Configured/us");
    expect(await during("10")).to.equal("-Configured/eu +Configured/eu +Configured/us");
    await runner.stop();
    expect(await ending).to.equal(undefined);
  });

  it("stops the runner when the group has failed, with an error that names the group and has the first error as its cause", async () => {
    @Retry({ backoff, maxRestarts: 1 })
    class Brittle extends Feed {}
    const error = new Error("disk full");
    const { ending } = start([Brittle, Other]);
    crash("Brittle/a");
    await during("10");
    crash("Brittle/a", error);
    expect(await during("10")).to.equal("-Brittle/b -Other/x");
    expect(await ending).to.be.instanceOf(WorkersFailedError);
    expect(await ending).to.have.property(
      "message",
      "1 worker failed:\n" +
        "  Brittle gave up after 1 restart in a row; its last error: WorkersFailedError: 1 worker failed:\n" +
        "    Brittle/a: Error: disk full",
    );
    expect(await ending)
      .to.have.property("cause")
      .that.is.instanceOf(RestartLimitError);
    expect(await ending).to.have.nested.property("cause.cause.cause", error);
  });

  it("completes when all its workers have completed, and the runner continues", async () => {
    const { runner, ending } = start([Feed, Other]);
    crash("Feed/a", new DoNotRestart());
    crash("Feed/b", new DoNotRestart());
    expect(await during("01:00")).to.equal("");
    expect(runner.status().map(({ phase }) => phase)).to.deep.equal(["stopped", "stopped", "running"]);
    await runner.stop();
    expect(await ending).to.equal(undefined);
  });

  it("passes the attempt of the group to a worker without a retry, and its own attempt to a worker with one", async () => {
    const attempts: [string, number][] = [];
    class Mixed extends Feed {
      override a(context: WorkerContext) {
        attempts.push(["a", context.attempt]);
        return super.a(context);
      }
      override b(context: WorkerContext) {
        attempts.push(["b", context.attempt]);
        return super.b(context);
      }
    }
    const { runner, ending } = start([Mixed]);
    for (const name of ["Mixed/b", "Mixed/a", "Mixed/a"]) {
      crash(name);
      await during("10");
    }
    expect(attempts.splice(0, 3)).to.deep.equal([
      ["a", 0],
      ["b", 0],
      ["b", 1],
    ]);
    expect(attempts).to.deep.equal([
      ["a", 1],
      ["b", 0],
      ["a", 2],
      ["b", 0],
    ]);
    await runner.stop();
    expect(await ending).to.equal(undefined);
  });
});
