import { expect } from "chai";
import fc from "fast-check";
import sinon from "sinon";
import { repeat } from "watchbill";

/** Lets all pending promises continue. */
const flush = () => new Promise<void>((resolve) => process.nextTick(resolve));

interface Plan {
  readonly interval: number;
  readonly startImmediately: boolean;
  /** The duration of each run, in ms. */
  readonly durations: readonly number[];
}

/** A naive model: a run starts at the next point of the grid, or at the end of the previous run if that point has passed. */
function naiveStarts({ interval, startImmediately, durations }: Plan): number[] {
  let due = startImmediately ? 0 : interval;
  return durations.map((duration) => {
    const start = due;
    const nextPoint = (Math.floor(start / interval) + 1) * interval;
    due = Math.max(nextPoint, start + duration);
    return start;
  });
}

/**
 * When each run started, relative to the start of the worker. Steps from timer to timer, as within the `tickAsync` of
 * the fake clock, an immediate takes 1 ms.
 */
async function realStarts({ interval, startImmediately, durations }: Plan): Promise<number[]> {
  const clock = sinon.useFakeTimers({ now: 1_234_567, toNotFake: ["nextTick", "queueMicrotask"] });
  const origin = performance.now();
  const stop = new AbortController();
  const starts: number[] = [];
  const job = async () => {
    const duration = durations[starts.length] ?? 0;
    starts.push(performance.now() - origin);
    if (duration > 0) await new Promise((resolve) => setTimeout(resolve, duration));
    if (starts.length === durations.length) stop.abort();
  };
  try {
    const running = repeat(interval, job, { startImmediately }).run({ signal: stop.signal } as never);
    await flush();
    while (clock.countTimers() > 0) {
      clock.next();
      await flush();
    }
    await running;
  } finally {
    clock.restore();
  }
  return starts;
}

describe("The grid of repeat", () => {
  it("matches a naive model for runs of any duration", () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          interval: fc.integer({ min: 1, max: 1_000 }),
          startImmediately: fc.boolean(),
          durations: fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 5_000 })), {
            minLength: 1,
            maxLength: 30,
          }),
        }),
        async (plan) => {
          expect(await realStarts(plan)).to.deep.equal(naiveStarts(plan));
        },
      ),
      { numRuns: 200 },
    ));

  it("coalesces runs missed during a long run into one, and does not shift", async () => {
    const starts = await realStarts({ interval: 1_000, startImmediately: false, durations: [3_500, 0, 0, 0] });
    expect(starts).to.deep.equal([1_000, 4_500, 5_000, 6_000]);
  });

  it("skips nothing when a run ends exactly when the next is due", async () => {
    const starts = await realStarts({ interval: 1_000, startImmediately: false, durations: [1_000, 1_000, 1_000, 0] });
    expect(starts).to.deep.equal([1_000, 2_000, 3_000, 4_000]);
  });

  it("does not drift in 5,000 runs of varying durations", async () => {
    const interval = 1_000;
    const durations = Array.from({ length: 5_000 }, (_, index) => (index * 7_919) % interval);
    const starts = await realStarts({ interval, startImmediately: false, durations });
    expect(starts).to.deep.equal(durations.map((_, index) => (index + 1) * interval));
  });

  it("does not drift in 5,000 runs at an interval that timers cannot represent exactly", async () => {
    const interval = 100 / 3;
    const durations = Array.from({ length: 5_000 }, (_, index) => index % 30);
    const starts = await realStarts({ interval, startImmediately: true, durations });
    // The fake clock has no fractions of a ms, and no run may be early.
    const late = starts.map((start, index) => start - index * interval);
    expect(starts).to.have.lengthOf(5_000);
    expect(Math.min(...late)).to.be.at.least(-1e-6);
    expect(Math.max(...late)).to.be.below(1);
  });

  it("skips the missed points, run after run", async () => {
    const durations = Array.from({ length: 1_000 }, () => 250);
    const starts = await realStarts({ interval: 100, startImmediately: true, durations });
    // Each run takes longer than the interval, so each starts right after the one before.
    expect(starts).to.deep.equal(durations.map((_, index) => index * 250));
  });
});
