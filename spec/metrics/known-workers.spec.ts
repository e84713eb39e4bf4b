import { expect } from "chai";
import { DeclarativeWorker } from "watchbill";
import { KnownWorkers } from "../../lib/metrics/known-workers.js";
import { FakeRunners, runnerOf } from "./metrics.fixture.js";

const job = (name: string): DeclarativeWorker => new DeclarativeWorker({ name, job: () => {}, repeat: "10s" });

describe("KnownWorkers", () => {
  let runners: FakeRunners;

  beforeEach(() => {
    runners = new FakeRunners();
  });

  afterEach(() => runners.restore());

  it("finds workers that were added since, and no more those that were removed", async () => {
    const known = new KnownWorkers();
    const [a, b, c] = [job("a"), job("b"), job("c")];
    const runner = runners.start([a, b]);
    expect([known.find("a"), known.find("b"), known.find("c")]).to.have.ordered.members([a, b, undefined]);
    runner.add(c);
    expect(known.find("c")).to.equal(c);
    await Promise.all([runner.remove("a"), runners.tick(1)]);
    expect([known.find("a"), known.find("b"), known.find("c")]).to.have.ordered.members([undefined, b, c]);
    await Promise.all([runner.remove("c"), runners.tick(1)]);
    const again = job("a");
    runner.add(again);
    expect([known.find("a"), known.find("b"), known.find("c")]).to.have.ordered.members([again, b, undefined]);
  });

  it("finds the worker of a nested runner by its full name, and not another one by that within its runner", () => {
    const known = new KnownWorkers();
    const [outer, inner] = [job("commits"), job("commits")];
    runners.start([new DeclarativeWorker({ name: "github", worker: runnerOf([inner]) }), outer]);
    expect(known.find("github/commits")).to.equal(inner);
    expect(known.find("commits")).to.equal(outer);
    expect(known.find("gitlab/commits")).to.equal(undefined);
  });

  it("has no workers of a runner that has ended", async () => {
    const known = new KnownWorkers();
    const runner = runners.start([job("a")]);
    expect(known.find("a")).to.not.equal(undefined);
    await Promise.all([runner.stop(), runners.tick(1)]);
    expect(known.find("a")).to.equal(undefined);
  });

  it("finds the worker of which something is a part", () => {
    const known = new KnownWorkers();
    const a = job("a");
    runners.start([a]);
    expect(known.find("a/part")).to.equal(undefined);
    expect(known.findOwner("a/part/of/it")).to.equal(a);
    expect(known.findOwner("b/part")).to.equal(undefined);
  });
});
