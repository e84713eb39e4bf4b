import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import fc from "fast-check";
import sinon from "sinon";
import { InvalidArgumentError, runAllWorkers, stopped, wait } from "watchbill";

const day = 86_400_000;

describe("wait", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
  });

  afterEach(() => clock.restore());

  /** The time at which the promise resolved; undefined until it does. */
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
    it(`waits for ${delay} ms, at or beyond the limit of a Node timer`, async () => {
      const watched = watch(wait(delay, stop));
      await clock.tickAsync(delay - 1);
      expect(watched).to.deep.equal({});
      await clock.tickAsync(1);
      expect(watched).to.deep.equal({ resolvedAt: delay });
    });
  }

  it("resolves exactly at its ms, for any duration", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: day }), { minLength: 1, maxLength: 20 }), async (delays) => {
        const start = clock.now;
        const watched = delays.map((delay) => watch(wait(delay)));
        await clock.tickAsync(day);
        expect(watched.map(({ resolvedAt = Number.NaN }) => resolvedAt - start)).to.deep.equal(delays);
      }),
    );
  });

  /** When and with what the promise rejected. */
  async function rejection(waiting: Promise<void>): Promise<{ at: number; reason: unknown }> {
    const reason = await waiting.then(
      () => "it resolved",
      (reason: unknown) => reason,
    );
    return { at: clock.now, reason };
  }

  for (const reason of [new Error("shutting down"), undefined, Number.NaN, "enough", null]) {
    it(`rejects with the signal's reason as soon as it aborts, and leaves no timer: ${String(reason)}`, async () => {
      const rejected = rejection(wait("1h", stop));
      await clock.tickAsync(10);
      stop.abort(reason);
      const { at, reason: seen } = await rejected;
      expect(at).to.equal(10);
      expect(Object.is(seen, stop.signal.reason)).to.equal(true);
      expect(clock.countTimers()).to.equal(0);
      expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(0);
    });
  }

  it("rejects after a turn of the event loop if the signal has aborted already, and leaves nothing behind", async () => {
    const reason = new Error("shutting down");
    let settled = false;
    const rejected = rejection(wait("1h", { signal: AbortSignal.abort(reason) })).finally(() => (settled = true));
    for (let n = 0; n < 100; n++) await Promise.resolve();
    expect(settled).to.equal(false);
    await clock.tickAsync(0);
    expect(await rejected).to.deep.equal({ at: 0, reason });
    expect(clock.countTimers()).to.equal(0);
  });

  it("ends a loop around it when the worker is stopped", async () => {
    let polls = 0;
    const running = runAllWorkers(
      [
        async ({ signal }) => {
          for (;;) {
            polls++;
            await wait("50ms", { signal });
          }
        },
      ],
      stop,
    );
    await clock.tickAsync(120);
    stop.abort();
    await running;
    expect(polls).to.equal(3);
    expect(clock.countTimers()).to.equal(0);
  });

  it("does not starve other timers in a loop that catches the rejection", async () => {
    stop.abort();
    let rounds = 0;
    let isOver = false;
    const loop = async () => {
      for (; !isOver; rounds++) await wait("50ms", stop).catch(() => {});
    };
    const looping = loop();
    setTimeout(() => (isOver = true), 5);
    await clock.tickAsync(10);
    await looping;
    expect(rounds).to.be.at.least(1);
  });

  it("is not ended by the signal of another wait", async () => {
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

  it("accepts the context of a worker as its options", async () => {
    const running = runAllWorkers([(context) => wait("1h", context)], stop);
    await clock.tickAsync(1_000);
    stop.abort();
    await running;
    expect(clock.now).to.equal(1_000);
  });

  it("accepts no signal, and one that is undefined", async () => {
    const waiting = Promise.all([wait(10), wait(10, {}), wait(10, { signal: undefined })]);
    await clock.tickAsync(10);
    await waiting;
  });

  it("throws synchronously if the duration is malformed, and leaves no listener", () => {
    for (const duration of ["5", "-5s", " 5s", -1, Number.NaN, Number.POSITIVE_INFINITY, null, undefined]) {
      expect(() => void wait(duration as never, stop)).to.throw(InvalidArgumentError, "is not a duration");
    }
    expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(0);
  });

  for (const [options, message] of [
    [5, "The options of wait are a number: pass an object, such as { signal }"],
    [AbortSignal.abort(), "The options of wait are an instance of AbortSignal: pass an object, such as { signal }"],
    [{ signal: "now" }, "The signal of wait is a string: pass an AbortSignal"],
  ] as const) {
    it(`throws synchronously: ${message}`, () => {
      expect(() => wait("1s", options as never))
        .to.throw(InvalidArgumentError)
        .with.property("message", message);
      expect(clock.countTimers()).to.equal(0);
    });
  }

  it("adds one listener to a signal for 10,000 waits, without a warning from Node", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): unknown => warnings.push(warning);
    process.on("warning", note);
    try {
      const waiting = Promise.all(Array.from({ length: 10_000 }, () => wait("1h", stop)));
      await turn();
      expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(1);
      stop.abort();
      expect(await waiting.catch((reason: unknown) => reason)).to.equal(stop.signal.reason);
    } finally {
      process.off("warning", note);
    }
    expect(warnings).to.deep.equal([]);
    expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(0);
    expect(clock.countTimers()).to.equal(0);
  });
});

describe("stopped", () => {
  it("resolves when the signal aborts, and leaves no listener behind", async () => {
    const stop = new AbortController();
    let resolved = 0;
    const waiting = [stopped(stop.signal), stopped(stop.signal)].map((promise) => promise.then(() => resolved++));
    await turn();
    expect(resolved).to.equal(0);
    expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(1);
    stop.abort(new Error("shutting down"));
    await Promise.all(waiting);
    expect(getEventListeners(stop.signal, "abort")).to.have.lengthOf(0);
  });

  it("resolves if the signal has aborted already", async () => {
    await stopped(AbortSignal.abort(new Error("shutting down")));
  });

  for (const [value, shown] of [
    [undefined, "undefined"],
    [{ signal: new AbortController().signal }, "an object with the key signal"],
    ["postgres://user:secret@host", "a string"],
  ] as const) {
    it(`rejects ${shown}`, () => {
      expect(() => void stopped(value as never)).to.throw(
        InvalidArgumentError,
        `stopped() was called with ${shown}: pass the signal of the context`,
      );
    });
  }
});

describe("wait, on the real clock,", () => {
  it("takes at least 40 ms for four times 10 ms", async () => {
    for (let repetition = 0; repetition < 5; repetition++) {
      const start = performance.now();
      for (let n = 0; n < 4; n++) await wait("10ms");
      expect(performance.now() - start).to.be.at.least(40);
    }
  });

  it("rejects immediately if the signal has aborted", async () => {
    const start = performance.now();
    const signal = AbortSignal.abort();
    expect(await wait("1h", { signal }).catch((reason: unknown) => reason)).to.equal(signal.reason);
    expect(performance.now() - start).to.be.below(60_000);
  });
});
