import { expect } from "chai";
import sinon from "sinon";
import type { Bucket, Timer } from "../../lib/timers/bucket.js";
import { QueueTimer } from "../../lib/timers/queue-timer.js";
import { TimerQueue } from "../../lib/timers/timer-queue.js";

const minute = 60_000;
const hour = 60 * minute;

/** Waits for a time of the wall clock, and then again, as a worker with a schedule does. */
class Alarm implements Timer {
  bucket: Bucket | undefined = undefined;
  slot = -1;
  readonly followsWallClock = true;
  /** When it woke, on the clock of the queue. */
  readonly woken: number[] = [];
  readonly #time: number;

  constructor(time: number) {
    this.#time = time;
  }

  wait(): void {
    const queue = TimerQueue.current();
    queue.scheduleOnWallClock(this, queue.now() + this.#time - Date.now());
  }

  wake(): void {
    this.woken.push(TimerQueue.current().now());
    if (Date.now() < this.#time) this.wait();
  }
}

describe("A timer that waits for a time of the wall clock", () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => {
    expect(clock.countTimers()).to.equal(0);
    clock.restore();
  });

  it("sleeps until then, however long, while the clock is not set", () => {
    const alarms = [new Alarm(5 * hour), new Alarm(9 * hour)];
    for (const alarm of alarms) alarm.wait();
    clock.tick(9 * hour);
    expect(alarms.map(({ woken }) => woken)).to.deep.equal([[5 * hour], [9 * hour]]);
  });

  it("wakes within a minute after the clock was set, together with the others", () => {
    const alarms = [new Alarm(5 * hour), new Alarm(9 * hour)];
    for (const alarm of alarms) alarm.wait();
    clock.tick(hour + 1_000);
    clock.setSystemTime(8 * hour);
    clock.tick(minute);
    expect(alarms.map(({ woken }) => woken)).to.deep.equal([[hour + minute], [hour + minute]]);
    clock.tick(hour);
    expect(alarms[1]?.woken).to.deep.equal([hour + minute, 2 * hour + 1_000]);
  });

  it("sleeps through a correction of a few ms", () => {
    const alarm = new Alarm(2 * hour);
    alarm.wait();
    clock.tick(hour);
    clock.setSystemTime(hour + 5);
    clock.tick(10 * minute);
    expect(alarm.woken).to.deep.equal([]);
    clock.setSystemTime(clock.now + 5);
    clock.tick(2 * minute);
    expect(alarm.woken).to.have.lengthOf(1);
    clock.tick(hour);
  });

  it("leaves the timers that do not follow the wall clock alone", () => {
    const alarm = new Alarm(24 * hour);
    alarm.wait();
    let woken = 0;
    const timer = new QueueTimer(() => woken++);
    timer.sleep(2 * hour);
    clock.setSystemTime(12 * hour);
    clock.tick(2 * hour - 1);
    expect(alarm.woken).to.deep.equal([minute]);
    expect(woken).to.equal(0);
    clock.tick(1);
    expect(woken).to.equal(1);
    alarm.bucket?.queue.cancel(alarm);
  });

  it("wakes within a minute after the clock was set, also if others begin to wait meanwhile", () => {
    const [first, second] = [new Alarm(5 * hour), new Alarm(20 * hour)];
    first.wait();
    clock.tick(hour + 1_000);
    clock.setSystemTime(8 * hour);
    clock.tick(30_000);
    second.wait();
    clock.tick(29_000);
    expect(first.woken).to.deep.equal([hour + minute]);
    second.bucket?.queue.cancel(second);
  });

  it("is watched for as long as any timer waits, and by one Node timer", () => {
    const alarm = new Alarm(24 * hour);
    alarm.wait();
    expect(clock.countTimers()).to.equal(1);
    alarm.bucket?.queue.cancel(alarm);
    expect(clock.countTimers()).to.equal(0);
    alarm.wait();
    clock.tick(10 * minute);
    clock.setSystemTime(23 * hour);
    clock.tick(2 * minute);
    expect(alarm.woken).to.have.lengthOf(1);
    clock.tick(hour);
    expect(alarm.woken).to.have.lengthOf(2);
  });

  it("is not woken for a clock that was set before it waited", () => {
    const first = new Alarm(2 * hour);
    first.wait();
    first.bucket?.queue.cancel(first);
    clock.setSystemTime(hour);
    const alarm = new Alarm(3 * hour);
    alarm.wait();
    clock.tick(2 * hour - 1);
    expect(alarm.woken).to.deep.equal([]);
    clock.tick(1);
    expect(alarm.woken).to.have.lengthOf(1);
  });
});
