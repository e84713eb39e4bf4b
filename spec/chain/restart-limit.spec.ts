import { expect } from "chai";
import { RestartCount } from "../../lib/chain/restart-limit.js";

describe("A limit of restarts within a window", () => {
  it("is exceeded by one failure more than allowed within the sliding window", () => {
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

  it("ignores a failure that is exactly as old as the window", () => {
    const count = new RestartCount({ maxRestarts: 1, within: 100 });
    expect([0, 100, 199].map((time) => count.countFailure(time, 1))).to.deep.equal([
      undefined,
      undefined,
      "1 restart within 100ms",
    ]);
  });

  it("counts from zero when all failures have left the window", () => {
    const count = new RestartCount({ maxRestarts: 1, within: 100 });
    expect([0, 500, 1_000].map((time) => count.countFailure(time, 1))).to.deep.equal([undefined, undefined, undefined]);
    expect(count.recent).to.deep.equal([500, 1_000]);
  });

  it("continues from the failures of another limit", () => {
    const count = new RestartCount({ maxRestarts: 1, within: 100 }, [50, 60]);
    expect(count.countFailure(155, 1)).to.equal("1 restart within 100ms");
    expect(count.recent).to.deep.equal([60, 155]);
  });

  it("keeps only as many failures of another limit as it needs", () => {
    const known = [10, 20, 30, 40, 50, 60];
    const count = new RestartCount({ maxRestarts: 2, within: 100 }, known);
    expect(count.recent).to.deep.equal([40, 50, 60]);
    expect(count.countFailure(150, 1)).to.equal(undefined);
    expect(count.countFailure(151, 1)).to.equal("2 restarts within 100ms");
  });

  it("is exceeded by the first failure if no restart is allowed", () => {
    const count = new RestartCount({ maxRestarts: 0, within: 1 });
    expect(count.countFailure(5, 1)).to.equal("0 restarts within 1ms");
    expect(count.recent).to.deep.equal([5]);
  });

  it("takes constant time per failure, whatever the size of the window", () => {
    const cpuOf = (maxRestarts: number): number => {
      const count = new RestartCount({ maxRestarts, within: 10 * maxRestarts });
      const begun = process.cpuUsage();
      for (let failure = 0; failure < 100_000; failure++) count.countFailure(10 * failure, 1);
      return process.cpuUsage(begun).user;
    };
    cpuOf(10);
    // Copying the window for each failure would take thousands of times as long. The kernel may count in steps of some ms.
    expect(cpuOf(50_000)).to.be.below(50 * Math.max(cpuOf(10), 1_000));
  });
});
