import { expect } from "chai";
import { RestartCount } from "../../lib/chain/restart-limit.js";

describe("A count of restarts within a window", () => {
  it("is broken by one failure more than there may be in the window, which slides", () => {
    const count = new RestartCount({ maxRestarts: 2, within: 100 });
    expect([0, 10, 99].map((time) => count.countFailure(time, 1))).to.deep.equal([
      undefined,
      undefined,
      "2 restarts within 100ms",
    ]);
    expect(count.recent).to.deep.equal([0, 10, 99]);
    expect(count.countFailure(150, 1)).to.equal(undefined);
    expect(count.recent).to.deep.equal([10, 99, 150]);
    expect(count.countFailure(198, 1)).to.equal("2 restarts within 100ms");
  });

  it("no longer counts a failure that is exactly as old as the window", () => {
    const count = new RestartCount({ maxRestarts: 1, within: 100 });
    expect([0, 100, 199].map((time) => count.countFailure(time, 1))).to.deep.equal([
      undefined,
      undefined,
      "1 restart within 100ms",
    ]);
  });

  it("counts from anew when all failures have left the window", () => {
    const count = new RestartCount({ maxRestarts: 1, within: 100 });
    expect([0, 500, 1_000].map((time) => count.countFailure(time, 1))).to.deep.equal([undefined, undefined, undefined]);
    expect(count.recent).to.deep.equal([500, 1_000]);
  });

  it("goes on from the failures that another count knows of", () => {
    const count = new RestartCount({ maxRestarts: 1, within: 100 }, [50, 60]);
    expect(count.countFailure(155, 1)).to.equal("1 restart within 100ms");
    expect(count.recent).to.deep.equal([60, 155]);
  });

  it("goes on from as many failures as matter, if another count knows of more", () => {
    const known = [10, 20, 30, 40, 50, 60];
    const count = new RestartCount({ maxRestarts: 2, within: 100 }, known);
    expect(count.recent).to.deep.equal([40, 50, 60]);
    expect(count.countFailure(150, 1)).to.equal(undefined);
    expect(count.countFailure(151, 1)).to.equal("2 restarts within 100ms");
  });

  it("is broken by the first failure if no restart is allowed", () => {
    const count = new RestartCount({ maxRestarts: 0, within: 1 });
    expect(count.countFailure(5, 1)).to.equal("0 restarts within 1ms");
    expect(count.recent).to.deep.equal([5]);
  });

  it("costs the same for each failure, however many the window holds", () => {
    const cpuOf = (maxRestarts: number): number => {
      const count = new RestartCount({ maxRestarts, within: 10 * maxRestarts });
      const begun = process.cpuUsage();
      for (let failure = 0; failure < 100_000; failure++) count.countFailure(10 * failure, 1);
      return process.cpuUsage(begun).user;
    };
    cpuOf(10);
    // With a copy of the window at each, it would be thousands of times as much.
    expect(cpuOf(50_000) / cpuOf(10)).to.be.below(50);
  });
});
