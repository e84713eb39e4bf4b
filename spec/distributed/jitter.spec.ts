import { expect } from "chai";
import sinon from "sinon";
import { Stage } from "./stage.fixture.js";

describe("The jitter of a distributed worker", () => {
  let stage: Stage;
  let chance: sinon.SinonStub;

  beforeEach(() => {
    stage = new Stage({ asksWhen: false });
    let seed = 42;
    chance = sinon.stub(Math, "random").callsFake(() => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647);
  });

  afterEach(() => {
    chance.restore();
    stage.restore();
  });

  const everyTenSeconds = { next: (after: Date) => new Date(Math.floor(after.getTime() / 10_000) * 10_000 + 10_000) };

  for (const [told, repeat] of [
    ["grid", { interval: "10s", jitter: "8s" }],
    ["schedule", { schedule: everyTenSeconds, jitter: "8s" }],
  ] as const) {
    it(`on a ${told} is anywhere in its range, and no likelier at the end of it`, async () => {
      stage.replicas(2, { repeat, job: () => {} });
      await stage.advance(4_000_000);
      const late = stage.times.map((at) => at % 10_000);
      expect(late.length).to.be.within(395, 400);
      expect(Math.max(...late)).to.be.at.most(8_000);
      const mean = late.reduce((sum, each) => sum + each, 0) / late.length;
      expect(mean).to.be.within(3_700, 4_300);
    });
  }

  for (const [told, repeat] of [
    ["grid", { interval: "10s", jitter: "8s" }],
    ["schedule", { schedule: everyTenSeconds, jitter: "8s" }],
  ] as const) {
    it(`on a ${told} is never taken for a declaration that has changed`, async () => {
      const process = stage.replica({ repeat, job: () => {} });
      for (let look = 0; look < 20; look++) {
        await stage.advance(7_000);
        const { due, isHeld } = stage.fleet.record("one");
        // It says when it is due at the latest.
        if (!isHeld) expect(stage.fleet.dueBy("one", process.engine)).to.be.within(due, due + 8_000);
      }
    });
  }

  it("is drawn once for each run, which has one turn", async () => {
    stage.replicas(2, { repeat: { interval: "10s", jitter: "8s" }, job: () => {} });
    await stage.advance(1_000_000);
    // And the very first turn, in which there is nothing to do but to wait.
    expect(stage.fleet.turns.length - stage.times.length).to.be.within(0, 2);
  });
});
