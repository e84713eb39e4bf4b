import { readFile } from "node:fs/promises";
import { mock } from "node:test";
import { expect } from "chai";
import sinon from "sinon";
import { wait } from "watchbill";
import type { Timer } from "../../lib/timers/bucket.js";
import { TimerQueue } from "../../lib/timers/timer-queue.js";

describe("TimerQueue.current", () => {
  let clock: sinon.SinonFakeTimers | undefined;

  const install = (): sinon.SinonFakeTimers => (clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] }));

  afterEach(() => clock?.restore());

  it("returns the same queue for as long as the clock is the same", () => {
    expect(TimerQueue.current()).to.equal(TimerQueue.current());
  });

  it("returns a new queue when the clock has been replaced", () => {
    const real = TimerQueue.current();
    install();
    const fake = TimerQueue.current();
    clock?.restore();
    install();
    expect(new Set([real, fake, TimerQueue.current()]).size).to.equal(3);
  });

  it("keeps a timer on the clock on which it was set", async () => {
    const slept = wait(20);
    install();
    await slept;
    expect(Date.now()).to.equal(0);
  });

  it("uses the clock that is installed at the time, for each new timer", async () => {
    await wait(1);
    const fake = install();
    const slept = wait("1h");
    await fake.tickAsync("01:00:00");
    await slept;
    fake.restore();
    await wait(1);
    expect(TimerQueue.current().now()).to.be.closeTo(performance.now(), 1_000);
  });

  it("does not starve timers, I/O and immediates while a timer is rescheduled without a delay", async () => {
    let rounds = 0;
    let stopped = false;
    const loop: Timer = {
      bucket: undefined,
      slot: -1,
      wake: () => {
        if (!stopped && ++rounds < 1_000_000) TimerQueue.current().schedule(loop, 0);
      },
    };
    TimerQueue.current().schedule(loop, 0);
    await readFile(new URL(import.meta.url));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 5));
    stopped = true;
    expect(rounds).to.be.within(2, 999_999);
  });
});

describe("A timer queue under timers that leave performance.now real, as those of node:test do", () => {
  afterEach(() => mock.timers.reset());

  for (const time of ["one test", "the next test, for which the date is reset"]) {
    it(`wakes every second in ${time}`, () => {
      mock.timers.enable({ apis: ["setTimeout", "setImmediate", "Date"] });
      let wakes = 0;
      const timer: Timer = {
        bucket: undefined,
        slot: -1,
        wake: () => {
          wakes++;
          TimerQueue.current().sleep(timer, 1_000);
        },
      };
      TimerQueue.current().sleep(timer, 1_000);
      for (let second = 0; second < 10; second++) mock.timers.tick(1_000);
      expect(wakes).to.equal(10);
      timer.bucket?.queue.cancel(timer);
    });
  }

  it("is another one when they are installed again", () => {
    const queues = ["first", "second"].map(() => {
      mock.timers.reset();
      mock.timers.enable({ apis: ["setTimeout", "setImmediate", "Date"] });
      return TimerQueue.current();
    });
    expect(queues[1]).not.to.equal(queues[0]);
  });

  it("makes timers wait again when the date is set back", () => {
    mock.timers.enable({ apis: ["setTimeout", "setImmediate", "Date"], now: 60_000 });
    const woken: string[] = [];
    const timerOf = (name: string): Timer => ({ bucket: undefined, slot: -1, wake: () => woken.push(name) });
    const queue = TimerQueue.current();
    queue.schedule(timerOf("first"), queue.now() + 10);
    mock.timers.tick(10);
    queue.schedule(timerOf("close"), queue.now() + 5);
    queue.schedule(timerOf("far"), queue.now() + 5_000);
    queue.schedule(timerOf("in a month"), queue.now() + 30 * 86_400_000);
    mock.timers.setTime(1_000);
    queue.schedule(timerOf("near"), queue.now() + 2_000);
    mock.timers.tick(1_999);
    expect(woken).to.deep.equal(["first"]);
    mock.timers.tick(1);
    expect(woken).to.deep.equal(["first", "near"]);
    mock.timers.tick(60_015 - 3_000 - 1);
    expect(woken).to.have.length(2);
    mock.timers.tick(1);
    expect(woken.slice(2)).to.deep.equal(["close"]);
    mock.timers.tick(4_995);
    expect(woken.slice(3)).to.deep.equal(["far"]);
    mock.timers.tick(30 * 86_400_000 - 5_000);
    expect(woken.slice(4)).to.deep.equal(["in a month"]);
  });

  it("follows the faked date", () => {
    mock.timers.enable({ apis: ["setTimeout", "setImmediate", "Date"] });
    let wakes = 0;
    const timer: Timer = { bucket: undefined, slot: -1, wake: () => wakes++ };
    const queue = TimerQueue.current();
    queue.schedule(timer, queue.now() + 5_000);
    mock.timers.tick(4_999);
    expect(wakes).to.equal(0);
    mock.timers.tick(1);
    expect(wakes).to.equal(1);
  });
});
