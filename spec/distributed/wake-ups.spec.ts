import { expect } from "chai";
import sinon from "sinon";
import { DatabaseClock } from "../../lib/bullmq/database-clock.js";
import { WakeUps } from "../../lib/bullmq/wake-ups.js";

describe("A replica asks Postgres for a job", () => {
  const epoch = Date.UTC(2026, 10, 24);
  let time: sinon.SinonFakeTimers;
  let clock: DatabaseClock;
  let wakeUps: WakeUps;
  /** When it has asked, in ms since the start of the spec. */
  let asked: number[];
  let isOver: boolean;

  beforeEach(async () => {
    time = sinon.useFakeTimers({ now: epoch, toNotFake: ["nextTick", "queueMicrotask"] });
    clock = new DatabaseClock();
    await clock.measure(async () => ({ now: Date.now() }));
    wakeUps = new WakeUps(clock);
    asked = [];
    isOver = false;
    void ask();
  });

  afterEach(async () => {
    isOver = true;
    wakeUps.close();
    await time.tickAsync(0);
    time.restore();
  });

  async function ask(): Promise<void> {
    while (!isOver) {
      await wakeUps.wait(3_600_000);
      asked.push(Date.now() - epoch);
    }
  }

  it("that it ran last as soon as that is due, by the rounded time with which it asks", async () => {
    wakeUps.add("a", epoch + 1_000, false);
    await time.tickAsync(1_001);
    expect(asked).to.deep.equal([]);
    await time.tickAsync(1);
    expect(asked).to.deep.equal([1_002]);
  });

  it("once more 50 to 250 ms later, if no replica has taken it by then", async () => {
    wakeUps.add("a", epoch + 1_000, false);
    wakeUps.add("b", epoch + 2_000, false);
    await time.tickAsync(1_002);
    wakeUps.taken("a");
    await time.tickAsync(10_000);
    expect(asked).to.have.length(3);
    expect(asked[2]).to.be.within(2_052, 2_252);
  });

  it("that another replica ran last 50 to 250 ms after it is due, unless one has taken it", async () => {
    wakeUps.addOfOthers("a", epoch + 1_000);
    wakeUps.addOfOthers("b", epoch + 1_000);
    await time.tickAsync(1_040);
    wakeUps.taken("b");
    await time.tickAsync(10_000);
    expect(asked).to.have.length(1);
    expect(asked[0]).to.be.within(1_050, 1_250);
  });

  it("that is due already, as another replica left it, although that has just asked for others", async () => {
    wakeUps.taken("b");
    wakeUps.addOfOthers("a", epoch - 5);
    await time.tickAsync(250);
    expect(asked).to.have.length(1);
  });

  it("that is stored unless it knows when it is due", async () => {
    wakeUps.add("a", epoch + 1_000, false);
    wakeUps.addStored("a", epoch + 1_000);
    await time.tickAsync(1_002);
    expect(asked).to.deep.equal([1_002]);
    wakeUps.taken("a");
    wakeUps.add("a", epoch + 60_000, false);
    // It was made due earlier meanwhile.
    wakeUps.addStored("a", epoch + 2_000);
    await time.tickAsync(2_000);
    expect(asked).to.have.length(2);
  });

  it("that is for all the later, the more it runs", async () => {
    wakeUps.setRunning(5);
    wakeUps.add("a", epoch + 1_000, true);
    wakeUps.add("b", epoch + 10_000, false);
    await time.tickAsync(1_101);
    expect(asked).to.deep.equal([]);
    await time.tickAsync(1);
    expect(asked).to.deep.equal([1_102]);
    wakeUps.taken("a");
    await time.tickAsync(8_900);
    expect(asked).to.deep.equal([1_102, 10_002]);
  });

  it("by the clock of the database, also if that is corrected meanwhile", async () => {
    wakeUps.add("a", epoch + 1_000, false);
    await clock.measure(async () => ({ now: Date.now() - 100 }));
    await time.tickAsync(1_101);
    expect(asked).to.deep.equal([]);
    await time.tickAsync(1);
    expect(asked).to.deep.equal([1_102]);
  });
});
