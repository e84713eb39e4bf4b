import { expect } from "chai";
import sinon from "sinon";
import { Simulation } from "./simulation.fixture.js";

describe("The jitter of a distributed worker", () => {
  let simulation: Simulation;
  let random: sinon.SinonStub;

  beforeEach(() => {
    simulation = new Simulation({ usesLatestDue: false });
    let seed = 42;
    random = sinon.stub(Math, "random").callsFake(() => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647);
  });

  afterEach(() => {
    random.restore();
    simulation.restore();
  });

  const everyTenSeconds = { next: (after: Date) => new Date(Math.floor(after.getTime() / 10_000) * 10_000 + 10_000) };

  for (const [kind, repeat] of [
    ["an interval", { interval: "10s", jitter: "8s" }],
    ["a schedule", { schedule: everyTenSeconds, jitter: "8s" }],
  ] as const) {
    it(`on ${kind} is spread over its whole range`, async () => {
      simulation.replicas(2, { repeat, job: () => {} });
      await simulation.advance(4_000_000);
      const late = simulation.times.map((at) => at % 10_000);
      expect(late.length).to.be.within(395, 400);
      expect(Math.max(...late)).to.be.at.most(8_000);
      const mean = late.reduce((sum, each) => sum + each, 0) / late.length;
      expect(mean).to.be.within(3_700, 4_300);
    });
  }

  for (const [kind, repeat] of [
    ["an interval", { interval: "10s", jitter: "8s" }],
    ["a schedule", { schedule: everyTenSeconds, jitter: "8s" }],
  ] as const) {
    it(`on ${kind} is not treated as a changed declaration`, async () => {
      const process = simulation.replica({ repeat, job: () => {} });
      for (let look = 0; look < 20; look++) {
        await simulation.advance(7_000);
        const { due, isHeld } = simulation.fleet.record("one");
        // `latestDue` includes the whole jitter.
        if (!isHeld) expect(simulation.fleet.latestDue("one", process.engine)).to.be.within(due, due + 8_000);
      }
    });
  }

  it("is drawn once for each run, which needs one leased run", async () => {
    simulation.replicas(2, { repeat: { interval: "10s", jitter: "8s" }, job: () => {} });
    await simulation.advance(1_000_000);
    // The first leased run only waits.
    expect(simulation.fleet.leasedRuns.length - simulation.times.length).to.be.within(0, 2);
  });
});
