import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";

/** What a simulation in a process of its own prints. */
async function simulated(what: "year" | "busy"): Promise<Record<string, number>> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "spec/testing/memory.fixture.ts", what]);
  return JSON.parse(stdout);
}

/** Of the whole process, in MB: a third of that is the compiler of the specs. */
const limit = 300;

describe("The memory of a simulation", function () {
  this.timeout(120_000);

  it(`is below ${limit} MB for a year of 50 nightly workers`, async () => {
    const { runs, failures, notKept, mostMemory } = await simulated("year");
    expect(runs).to.equal(50 * 365);
    expect(failures).to.be.within(100, 300);
    expect(notKept).to.equal(0);
    expect(mostMemory).to.be.below(limit);
  });

  it(`is below ${limit} MB for more events than are kept, all of which are counted`, async () => {
    const { runs = 0, failures = 0, notKept = 0, mostMemory } = await simulated("busy");
    expect(runs).to.be.within(210_000, 216_000);
    expect(failures / runs).to.be.within(0.008, 0.012);
    expect(notKept).to.be.at.least(runs + failures - 20_000);
    expect(mostMemory).to.be.below(limit);
  });
});
