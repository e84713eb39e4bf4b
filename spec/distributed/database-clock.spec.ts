import { expect } from "chai";
import sinon from "sinon";
import { DatabaseClock } from "../../lib/bullmq/database-clock.js";
import { epoch } from "./simulation.fixture.js";

const hour = 3_600_000;

describe("The clock of a database", () => {
  let clock: sinon.SinonFakeTimers;
  let database: DatabaseClock;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: epoch });
    database = new DatabaseClock();
  });

  afterEach(() => clock.restore());

  /** The database answers with a time after some ms. */
  async function measure(time: number, ms = 0): Promise<void> {
    const measured = database.measure(async () => {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      return { now: time };
    });
    await clock.tickAsync(ms);
    await measured;
  }

  it("is the wall clock until it is measured, then goes on by itself", async () => {
    expect(database.now()).to.equal(epoch);
    await measure(epoch + hour);
    expect(database.now()).to.equal(epoch + hour);
    await clock.tickAsync(5_000);
    expect(database.now()).to.equal(epoch + hour + 5_000);
  });

  it("is corrected by no more than an answer proves, which took some time", async () => {
    await measure(epoch + hour);
    // An answer that took 400 ms proves the time to within 400 ms: what is known agrees with it.
    await measure(epoch + hour + 100, 400);
    expect(database.now()).to.equal(epoch + hour + 400);
    // The time has been set back by a second.
    await measure(epoch + hour + 400 - 1_000);
    expect(database.now()).to.equal(epoch + hour - 600);
  });

  it("does not follow the wall clock of the process, but is suspect when that has been set", async () => {
    await measure(epoch);
    clock.setSystemTime(epoch + hour);
    expect([database.now(), database.isSuspect]).to.deep.equal([epoch, true]);
    await measure(epoch);
    expect([database.now(), database.isSuspect]).to.deep.equal([epoch, false]);
  });

  it("replaces times of the wall clock, and nothing else, and converts its own to that", async () => {
    await measure(epoch + hour);
    const values = ["queue", 30_000, Date.now(), Date.now() - 5, null, 1_000_000_000];
    expect(database.stamp(values)).to.deep.equal(["queue", 30_000, epoch + hour, epoch + hour - 5, null, 1_000_000_000]);
    expect(database.toLocal(epoch + hour + 7)).to.equal(epoch + 7);
  });
});
