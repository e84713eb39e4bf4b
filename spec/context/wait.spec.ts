import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import fc from "fast-check";
import sinon from "sinon";
import { InvalidArgumentError, runAllWorkers, wait } from "watchbill";

const day = 86_400_000;

describe("wait", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
  });

  afterEach(() => clock.restore());

  /** When the promise resolved; undefined until it does. */
  function watch(waiting: Promise<void>): { resolvedAt?: number } {
    const watched: { resolvedAt?: number } = {};
    void waiting.then(() => (watched.resolvedAt = clock.now));
    return watched;
  }

  it("resolves after the duration, and not before", async () => {
    const watched = watch(wait("1.5s"));
    await clock.tickAsync(1_499);
    expect(watched).to.deep.equal({});
    await clock.tickAsync(1);
    expect(watched).to.deep.equal({ resolvedAt: 1_500 });
  });

  for (const delay of [2 ** 31 - 1, 2 ** 31, 30 * day, 3_650 * day]) {
    it(`waits for ${delay} ms too, which a Node timer may not`, async () => {
      const watched = watch(wait(delay, stop));
      await clock.tickAsync(delay - 1);
      expect(watched).to.deep.equal({});
      await clock.tickAsync(1);
      expect(watched).to.deep.equal({ resolvedAt: delay });
    });
  }

  it("resolves at the ms that it was to, for any duration", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: day }), { minLength: 1, maxLength: 20 }), async (delays) => {
        const start = clock.now;
        const watched = delays.map((delay) => watch(wait(delay)));
        await clock.tickAsync(day);
        expect(watched.map(({ resolvedAt = Number.NaN }) => resolvedAt - start)).to.deep.equal(delays);
      }),
    );
  });

  it("resolves as soon as the signal aborts, with no timer left", async () => {
    const watched = watch(wait("1h", stop));
    await clock.tickAsync(10);
    stop.abort(new Error("not to be seen"));
    await clock.tickAsync(0);
    expect(watched).to.deep.equal({ resolvedAt: 10 });
    expect(clock.countTimers()).to.equal(0);
  });

  it("returns at once under a signal that has aborted already, and leaves nothing behind", async () => {
    await wait("1h", { signal: AbortSignal.abort() });
    expect(clock.now).to.equal(0);
    expect(clock.countTimers()).to.equal(0);
  });

  it("is not ended by the signal of another", async () => {
    const watched = watch(wait("1s", new AbortController()));
    stop.abort();
    await clock.tickAsync(999);
    expect(watched).to.deep.equal({});
  });

  it("leaves neither a listener nor a timer behind", async () => {
    const waiting = wait("1s", stop);
    expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(1);
    await clock.tickAsync(1_000);
    await waiting;
    expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(0);
    expect(clock.countTimers()).to.equal(0);
  });

  it("takes the context of a worker for its options", async () => {
    const running = runAllWorkers([(context) => wait("1h", context)], stop);
    await clock.tickAsync(1_000);
    stop.abort();
    await running;
    expect(clock.now).to.equal(1_000);
  });

  it("takes no signal, or one that is undefined", async () => {
    const waiting = Promise.all([wait(10), wait(10, {}), wait(10, { signal: undefined })]);
    await clock.tickAsync(10);
    await waiting;
  });

  it("throws at once if the duration is malformed, with no listener left", () => {
    for (const duration of ["5", "-5s", " 5s", -1, Number.NaN, Number.POSITIVE_INFINITY, null, undefined]) {
      expect(() => void wait(duration as never, stop)).to.throw(InvalidArgumentError, "is not a duration");
    }
    expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(0);
  });

  it("puts one listener on a signal for 10,000 waits, of which Node does not warn", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): unknown => warnings.push(warning);
    process.on("warning", note);
    try {
      const waiting = Promise.all(Array.from({ length: 10_000 }, () => wait("1h", stop)));
      await turn();
      expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(1);
      stop.abort();
      await waiting;
    } finally {
      process.off("warning", note);
    }
    expect(warnings).to.deep.equal([]);
    expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(0);
    expect(clock.countTimers()).to.equal(0);
  });
});

describe("wait, on the real clock,", () => {
  it("takes at least 40 ms for four times 10 ms", async () => {
    for (let repetition = 0; repetition < 5; repetition++) {
      const start = performance.now();
      for (let n = 0; n < 4; n++) await wait("10ms");
      expect(performance.now() - start).to.be.at.least(40);
    }
  });

  it("returns at once under an aborted signal", async () => {
    const start = performance.now();
    await wait("1h", { signal: AbortSignal.abort() });
    expect(performance.now() - start).to.be.below(1_000);
  });
});
