import { expect } from "chai";
import sinon from "sinon";
import type { Bucket, Timer } from "../../lib/timers/bucket.js";
import { TimerQueue } from "../../lib/timers/timer-queue.js";

const day = 86_400_000;

class Probe implements Timer {
  bucket: Bucket | undefined = undefined;
  slot = -1;
  readonly wake: () => void;

  constructor(wake: () => void = () => {}) {
    this.wake = wake;
  }
}

describe("TimerQueue", () => {
  let clock: sinon.SinonFakeTimers;
  let queue: TimerQueue;
  /** The timers that woke, and when. */
  let woken: [string, number][];

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    queue = new TimerQueue();
    woken = [];
  });

  afterEach(() => clock.restore());

  const probe = (name: string, then: () => void = () => {}): Probe =>
    new Probe(() => {
      woken.push([name, clock.now]);
      then();
    });

  function scheduled(name: string, due: number, then?: () => void): Probe {
    const timer = probe(name, then);
    queue.schedule(timer, due);
    return timer;
  }

  it("wakes a timer when it is due, not before, and once", () => {
    scheduled("a", 10);
    clock.tick(9);
    expect(woken).to.deep.equal([]);
    clock.tick(1);
    clock.tick(1_000);
    expect(woken).to.deep.equal([["a", 10]]);
  });

  it("wakes an overdue timer in the next turn of the event loop", () => {
    scheduled("a", -5);
    expect(woken).to.deep.equal([]);
    clock.tick(0);
    expect(woken).to.deep.equal([["a", 0]]);
  });

  it("wakes timers that are due at the same time in the order in which they were scheduled", () => {
    const names = Array.from({ length: 100 }, (_, index) => String(index));
    for (const name of names) scheduled(name, 10);
    clock.tick(10);
    expect(woken.map(([name]) => name)).to.deep.equal(names);
  });

  for (const [name, delay] of Object.entries({ "24.8 days": 2 ** 31 - 1, "a ms more": 2 ** 31, "a decade": 3_650 * day })) {
    it(`does not wake a timer early that is due in ${name}`, () => {
      scheduled("a", delay);
      clock.tick(delay - 1);
      expect(woken).to.deep.equal([]);
      clock.tick(1);
      expect(woken).to.deep.equal([["a", delay]]);
    });
  }

  it("never wakes a timer that is due at infinity", () => {
    scheduled("a", Number.POSITIVE_INFINITY);
    clock.tick(3_650 * day);
    expect(woken).to.deep.equal([]);
    expect(clock.countTimers()).to.equal(1);
  });

  it("wakes a timer on time if the Node timer fires early", () => {
    performance.now = () => clock.now * 0.9;
    queue = new TimerQueue();
    scheduled("a", 10);
    clock.tick(100);
    expect(woken).to.deep.equal([["a", 12]]);
  });

  it("arms the Node timer once for a due time between two ms, and wakes late rather than early", () => {
    scheduled("a", 1.5);
    clock.next();
    expect(woken).to.deep.equal([["a", 2]]);
  });

  it("wakes a timer that sleeps between two ms of the queue not before its time, and without a delay in the next turn", () => {
    let now = 0;
    performance.now = () => now;
    queue = new TimerQueue();
    now = 0.4;
    queue.sleep(probe("at once"), 0);
    queue.sleep(probe("later"), 1);
    clock.tick(0);
    expect(woken).to.deep.equal([["at once", 0]]);
    now = 1;
    clock.tick(1);
    expect(woken).to.have.length(1);
    now = 2;
    clock.tick(1);
    expect(woken).to.deep.equal([
      ["at once", 0],
      ["later", 2],
    ]);
  });

  it("leaves timers that become due while others wake to the next turn of the event loop", () => {
    let now = 0;
    performance.now = () => now;
    queue = new TimerQueue();
    scheduled("slow", 10, () => (now = 13));
    scheduled("b", 12);
    scheduled("c", 14);
    now = 10;
    clock.next();
    expect(woken.map(([name]) => name)).to.deep.equal(["slow"]);
    clock.next();
    expect(woken.map(([name]) => name)).to.deep.equal(["slow", "b"]);
  });

  it("leaves the remaining due timers to the next turn of the event loop after more than 10 ms", () => {
    let now = 0;
    performance.now = () => now;
    queue = new TimerQueue();
    const names = Array.from({ length: 1_000 }, (_, index) => String(index));
    for (const name of names) scheduled(name, 10, () => (now += 0.1));
    now = 10;
    clock.next();
    expect(woken.length).to.be.within(100, 200);
    expect(clock.countTimers()).to.equal(1);
    clock.runAll();
    expect(woken.map(([name]) => name)).to.deep.equal(names);
  });

  it("wakes all overdue timers after the event loop was blocked, however many ticks they were due at", () => {
    let now = 0;
    performance.now = () => now;
    queue = new TimerQueue();
    for (let due = 1; due <= 200_000; due++) scheduled("a", due);
    now = 300_000;
    clock.runAll();
    expect(woken.length).to.equal(200_000);
    expect(clock.countTimers()).to.equal(0);
  }).timeout(20_000);

  it("replaces the due time of a timer that is scheduled again", () => {
    const sooner = scheduled("sooner", 100);
    const later = scheduled("later", 10);
    queue.schedule(sooner, 20);
    queue.schedule(later, 200);
    expect([sooner, later].map((timer) => queue.dueOf(timer))).to.deep.equal([20, 200]);
    clock.tick(1_000);
    expect(woken).to.deep.equal([
      ["sooner", 20],
      ["later", 200],
    ]);
  });

  it("takes over a timer from another queue", () => {
    const other = new TimerQueue();
    const timer = scheduled("a", 10);
    other.schedule(timer, 20);
    expect([queue.dueOf(timer), other.dueOf(timer)]).to.deep.equal([undefined, 20]);
    queue.cancel(timer);
    clock.tick(100);
    expect(woken).to.deep.equal([["a", 20]]);
  });

  it("does not wake a cancelled timer, and wakes the others on time", () => {
    const timer = scheduled("cancelled", 10);
    scheduled("a", 20);
    queue.cancel(timer);
    queue.cancel(timer);
    queue.cancel(new Probe());
    expect(queue.dueOf(timer)).to.equal(undefined);
    clock.tick(100);
    expect(woken).to.deep.equal([["a", 20]]);
  });

  it("does not wake a due timer that another timer has cancelled", () => {
    scheduled("a", 10, () => queue.cancel(cancelled));
    const cancelled = scheduled("cancelled", 10);
    clock.tick(100);
    expect(woken).to.deep.equal([["a", 10]]);
    expect(clock.countTimers()).to.equal(0);
  });

  it("uses one Node timer for any number of timers", () => {
    for (let due = 1_000; due > 0; due--) scheduled("a", due);
    expect(clock.countTimers()).to.equal(1);
  });

  it("leaves no Node timer armed when no timer waits", () => {
    const timers = [scheduled("a", 10), scheduled("b", -10)];
    for (const timer of timers) queue.cancel(timer);
    expect(clock.countTimers()).to.equal(0);
    scheduled("c", 10);
    clock.tick(10);
    expect(clock.countTimers()).to.equal(0);
  });

  it("leaves a timer that is scheduled while another wakes to the next turn of the event loop, even if it is due", () => {
    const again = probe("again");
    scheduled("a", 10, () => queue.schedule(again, 0));
    scheduled("b", 10);
    clock.next();
    expect(woken.map(([name]) => name)).not.to.include("again");
    clock.tick(1);
    expect(woken.map(([name]) => name)).to.have.members(["a", "b", "again"]);
  });

  it("wakes the other timers if one throws, though it must not", () => {
    scheduled("a", 10, () => {
      throw new Error("no luck");
    });
    scheduled("b", 10);
    expect(() => clock.tick(10)).to.throw("no luck");
    clock.tick(1);
    expect(woken.map(([name]) => name)).to.deep.equal(["a", "b"]);
  });
});
