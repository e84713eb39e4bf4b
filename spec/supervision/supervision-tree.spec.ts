import { expect } from "chai";
import sinon from "sinon";
import {
  type Backoff,
  bootstrap,
  DeclarativeWorker,
  DoNotRestart,
  group,
  named,
  RestartLimitError,
  type RetryOptions,
  retry,
  runAllWorkers,
  StaticBackoff,
  StopAll,
  stopped,
  type Worker,
  type WorkerContext,
  WorkersFailedError,
  wait,
} from "watchbill";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const backoff = new StaticBackoff({ sleep: "1s" });

describe("A supervision tree", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;
  /** "+a" for a start, "!a" for a failure, "-a" for a stop. */
  let log: string[];
  /** Makes the running worker of that name fail. */
  let fail: Map<string, (error: Error) => void>;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: Date.UTC(2026, 10, 24), toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
    log = [];
    fail = new Map();
  });

  afterEach(() => {
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  const child = (name: string, { stopsAfter = 0 } = {}): Worker =>
    named(async ({ signal }) => {
      log.push(`+${name}`);
      await new Promise((resolve, reject) => {
        signal.addEventListener("abort", resolve);
        fail.set(name, (error) => {
          log.push(`!${name}`);
          reject(error);
        });
      });
      if (stopsAfter > 0) await wait(stopsAfter);
      log.push(`-${name}`);
    }, name);

  const start = (...workers: Worker[]) => runAllWorkers(workers, { signal: stop.signal, logger });

  /** What follows from the failure of a worker, including restarts. */
  async function crash(name: string, error = new Error(`${name} is down`)) {
    log = [];
    fail.get(name)?.(error);
    await clock.tickAsync("2");
    return log.join(" ");
  }

  async function endOf(running: Promise<void>) {
    const end = running.then(
      () => undefined,
      (error: unknown) => error,
    );
    stop.abort();
    await clock.tickAsync("24:00:00");
    return await end;
  }

  const [a, b, c] = [child("a"), child("b"), child("c")];

  for (const { strategy, tree, facts } of [
    {
      strategy: "one for one",
      tree: group(retry(a, backoff), retry(b, backoff), retry(c, backoff)),
      facts: ["!a +a", "!b +b", "!c +c"],
    },
    {
      strategy: "one for all",
      tree: retry(group(a, b, c), backoff),
      facts: ["!a -b -c +a +b +c", "!b -a -c +a +b +c", "!c -a -b +a +b +c"],
    },
    {
      strategy: "rest for one",
      tree: retry(group(a, retry(group(b, retry(c, backoff)), backoff)), backoff),
      facts: ["!c +c", "!b -c +b +c", "!a -b -c +a +b +c"],
    },
    {
      strategy: "one for one beside one for all",
      tree: group(retry(a, backoff), retry(group(b, c), backoff)),
      facts: ["!a +a", "!b -c +b +c", "!c -b +b +c"],
    },
    {
      strategy: "one for all, but b alone at its first failure",
      tree: retry(group(a, retry(b, { backoff, maxRestarts: 1, within: "1h" }), c), backoff),
      facts: ["!b +b", "!b -a -c +a +b +c", "!b +b", "!a -b -c +a +b +c", "!c -a -b +a +b +c"],
    },
  ]) {
    it(`restarts ${strategy}, any number of times`, async () => {
      const running = start(tree, child("bystander"));
      expect(log.join(" ")).to.equal("+a +b +c +bystander");
      for (const fact of [...facts, ...facts]) expect(await crash(fact.charAt(1))).to.equal(fact);
      log = [];
      expect(await endOf(running)).to.equal(undefined);
      expect(log).to.have.members(["-a", "-b", "-c", "-bystander"]);
    });
  }

  it("escalates: the level above restarts a level that has given up, until all levels have given up", async () => {
    const once: RetryOptions = { backoff, maxRestarts: 1 };
    const errors: Error[] = [];
    const leaf = named(() => {
      log.push("+leaf");
      const error = new Error(`failure ${errors.length + 1}`);
      errors.push(error);
      throw error;
    }, "leaf");
    const inner = named(group(child("sibling"), retry(leaf, once)), "inner");
    const middle = named(group(child("uncle"), retry(inner, once)), "middle");
    const ending = start(retry(middle, once), child("bystander")).catch((error: unknown) => error);
    await clock.tickAsync("01:00");

    const round = "+sibling +leaf +leaf -sibling";
    const life = `+uncle ${round} ${round} -uncle`;
    expect(log.join(" ")).to.equal(`${life.replace("+leaf", "+leaf +bystander")} ${life} -bystander`);

    const chain: unknown[] = [];
    for (let next: unknown = await ending; next instanceof Error; next = next.cause) chain.push(next);
    expect(chain.map((error) => error?.constructor)).to.deep.equal([
      ...[WorkersFailedError, RestartLimitError, WorkersFailedError, RestartLimitError, WorkersFailedError, RestartLimitError],
      Error,
    ]);
    const limits = chain.filter((error) => error instanceof RestartLimitError);
    expect(limits.map(({ worker }) => worker)).to.deep.equal(["middle", "middle/inner", "middle/inner/leaf"]);
    expect(limits.at(-1)?.message).to.equal(
      "middle/inner/leaf gave up after 1 restart in a row; its last error: Error: failure 8",
    );
    expect(errors).to.have.lengthOf(8);
    expect(chain.at(-1)).to.equal(errors[7]);
  });

  it("counts consecutive failures of a group, resets them after resetAfter, and passes the attempt to its workers", async () => {
    const linear = { duration: sinon.spy((attempt: number) => attempt * 10) } satisfies Backoff;
    const attempts: number[] = [];
    const witness = ({ signal, attempt }: WorkerContext) => {
      attempts.push(attempt);
      return stopped(signal);
    };
    const running = start(retry(group(witness, child("a")), { backoff: linear, resetAfter: "5m" }));
    for (let i = 0; i < 3; i++) await crash("a");
    await clock.tickAsync("05:00");
    await crash("a");
    expect(attempts).to.deep.equal([0, 1, 2, 3, 1]);
    expect(linear.duration.args).to.deep.equal([[1], [2], [3], [1]]);
    expect(await endOf(running)).to.equal(undefined);
  });

  it("does not restart a group before all its workers have stopped, however long that takes", async () => {
    const running = start(retry(group(child("a"), child("hung", { stopsAfter: 3_600_000 })), backoff));
    expect(await crash("a")).to.equal("!a");
    await clock.tickAsync("59:57");
    expect(log.join(" ")).to.equal("!a");
    await clock.tickAsync("3");
    expect(log.join(" ")).to.equal("!a -hung +a +hung");
    expect(await endOf(running)).to.equal(undefined);
  });

  it("stops a group that waits for a hung worker together with that worker, and does not restart it", async () => {
    const running = start(retry(group(child("a"), child("hung", { stopsAfter: 60_000 })), backoff));
    expect(await crash("a")).to.equal("!a");
    await endOf(running);
    expect(log.join(" ")).to.equal("!a -hung");
  });

  for (const [when, hasFailed] of [
    ["while all is well", false],
    ["while it stops to restart", true],
  ] as const) {
    it(`reports what fails in a group that is stopped ${when}: ${!hasFailed}`, async () => {
      const fragile = named(async ({ signal }) => {
        await stopped(signal);
        await wait("1m");
        throw new Error("cannot close");
      }, "fragile");
      const running = start(retry(group(child("a"), fragile), backoff));
      if (hasFailed) await crash("a");
      const end = await endOf(running);
      if (hasFailed) expect(end).to.equal(undefined);
      else expect(end).to.have.nested.property("errors[0].errors[0].message", "cannot close");
    });
  }

  it("stops a group immediately during its backoff", async () => {
    const running = start(retry(group(child("a"), child("b")), new StaticBackoff({ sleep: "1d" })));
    expect(await crash("a")).to.equal("!a -b");
    stop.abort();
    await running;
    expect(log.join(" ")).to.equal("!a -b");
  });

  it("continues without a worker that ends with DoNotRestart", async () => {
    const running = start(retry(group(retry(child("a"), backoff), retry(child("b"), backoff)), backoff));
    expect(await crash("a", new DoNotRestart("all imported"))).to.equal("!a");
    expect(await crash("b")).to.equal("!b +b");
    expect(await endOf(running)).to.equal(undefined);
  });

  it("completes a group once all its workers have ended with DoNotRestart; the level above continues", async () => {
    const running = start(retry(group(retry(group(child("a"), child("b")), backoff), child("c")), backoff));
    expect(await crash("b", new DoNotRestart())).to.equal("!b");
    expect(await crash("a", new DoNotRestart())).to.equal("!a");
    expect(await crash("c", new DoNotRestart())).to.equal("!c");
    await running;
  });

  it("stops completely on StopAll from any level, without a failure", async () => {
    const inner = retry(group(child("a"), retry(child("b"), backoff)), backoff);
    const running = start(retry(group(inner, child("c")), backoff), child("bystander"));
    expect((await crash("b", new StopAll("the license has expired"))).split(" ")).to.have.members([
      "!b",
      "-a",
      "-c",
      "-bystander",
    ]);
    await running;
  });

  it("calls the retryIf of a group with the error of all failed workers, and fails with it if that returns false", async () => {
    const retryIf = sinon.spy((error: Error, _attempt: number) => !error.message.includes("disk full"));
    const ending = start(retry(group(child("a"), child("b")), { backoff, retryIf })).catch((error: unknown) => error);
    expect(await crash("a")).to.equal("!a -b +a +b");
    const fatal = new Error("disk full");
    expect(await crash("b", fatal)).to.equal("!b -a");
    expect(retryIf.args.map(([error, attempt]) => [error.message, attempt])).to.deep.equal([
      ["1 worker failed:\n  worker 1/a: Error: a is down", 1],
      ["1 worker failed:\n  worker 1/b: Error: disk full", 2],
    ]);
    expect(await ending).to.have.nested.property("errors[0]", retryIf.lastCall.args[0]);
    expect(await ending).to.have.nested.property("cause.cause", fatal);
  });

  it("can contain a runner in a group in a runner, which restarts with the group and reports its workers", async () => {
    const inner = bootstrap([new DeclarativeWorker({ name: "a", worker: child("a") })], { logger });
    const feed = retry(group(named(inner, "imports"), child("b")), backoff);
    const outer = bootstrap([new DeclarativeWorker({ name: "feed", worker: feed })], { logger, signal: stop.signal });
    const running = outer.run();
    expect(inner.status()[0]).to.include({ name: "feed/imports/a", phase: "running" });
    expect(await crash("b")).to.equal("!b -a +a +b");
    expect(await crash("a")).to.equal("!a -b +a +b");
    expect(inner.status()[0]).to.include({ name: "feed/imports/a", phase: "running", failures: 0, runs: 1 });
    expect(outer.status()[0]).to.include({
      name: "feed",
      phase: "running",
      attempt: 2,
      lastError: "WorkersFailedError: 1 worker failed:\n  1 worker failed:\n    feed/imports/a: Error: a is down",
    });
    expect(await endOf(running)).to.equal(undefined);
    expect(inner.status()[0]).to.include({ phase: "stopped" });
  });
});
