import { expect } from "chai";
import sinon from "sinon";
import { bootstrap, DeclarativeWorker, type RepeatDeclaration, type Runner } from "watchbill";

const hour = 3_600_000;
const hourly = { next: (after: Date) => new Date((Math.floor(after.getTime() / hour) + 1) * hour) };

describe("A due run that its jitter delays", () => {
  let clock: sinon.SinonFakeTimers;
  let starts: number[];
  let runner: Runner;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    starts = [];
    // Every run is delayed by half of the jitter.
    sinon.stub(Math, "random").returns(0.5);
  });

  afterEach(async () => {
    await runner.stop();
    sinon.restore();
    clock.restore();
  });

  function start(repeat: RepeatDeclaration) {
    const job = () => void starts.push(Math.floor(Date.now() / 60_000));
    runner = bootstrap([new DeclarativeWorker({ name: "x", job, repeat })], {
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      signals: [],
    });
    void runner.run();
  }

  const minutes = (count: number) => clock.tickAsync(count * 60_000);

  for (const [what, repeat] of [
    ["an interval", { interval: "1h", jitter: "30m" }],
    ["a schedule", { schedule: hourly, jitter: "30m" }],
    ["an interval with startImmediately", { interval: "1h", jitter: "30m", startImmediately: true }],
    ["an initialDelay", { interval: "1h", jitter: "30m", initialDelay: "1h" }],
  ] as const) {
    describe(`of ${what}`, () => {
      beforeEach(async () => {
        start(repeat);
        await minutes(1);
        starts.length = 0;
        await minutes(64);
        expect(starts).to.deep.equal([]);
        expect(runner.status()[0]?.nextDue).to.equal(75 * 60_000);
      });

      it("is not skipped by a pause", async () => {
        await runner.pause("x");
        await minutes(1);
        runner.resume("x");
        expect(runner.status()[0]?.nextDue).to.equal(75 * 60_000);
        await minutes(114);
        expect(starts).to.deep.equal([75, 135]);
        expect(runner.status()[0]).to.include({ missed: 0 });
      });

      it("is missed if the pause lasts longer, and the next is not", async () => {
        await runner.pause("x");
        await minutes(15);
        runner.resume("x");
        await minutes(100);
        expect(starts).to.deep.equal([135]);
        expect(runner.status()[0]).to.include({ missed: 1 });
      });

      it("is not skipped by a triggered run", async () => {
        await Promise.all([runner.trigger("x"), clock.tickAsync(1)]);
        await minutes(115);
        expect(starts).to.deep.equal([65, 75, 135]);
        expect(runner.status()[0]).to.include({ missed: 0 });
      });

      it("is not skipped by a run triggered during a pause", async () => {
        await runner.pause("x");
        await Promise.all([runner.trigger("x"), clock.tickAsync(1)]);
        runner.resume("x");
        await minutes(115);
        expect(starts).to.deep.equal([65, 75, 135]);
      });

      it("draws its delay once, however often nextDue is read", async () => {
        for (let look = 0; look < 9; look++) {
          expect(runner.status()[0]?.nextDue).to.equal(75 * 60_000);
          await minutes(1);
          await runner.pause("x");
          runner.resume("x");
        }
        expect(starts).to.deep.equal([]);
        await minutes(5);
        expect(starts).to.deep.equal([75]);
      });
    });
  }
});
