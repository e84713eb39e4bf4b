import { expect } from "chai";
import { onGrid, type Run, repeatsIn } from "./figures.js";

const runsAt = (...times: number[]): Run[] => times.map((begun) => ({ pid: 1, begun, over: begun + 20, hasEnded: true }));

describe("The figures of a grid", () => {
  it("count a late run that begins just before the next point for its own slot", () => {
    // As measured in a storm of resets: 675 is a point, at 674 is the run of 425, and at 766 that of 675.
    const runs = runsAt(198, 674, 766, 926);
    expect(onGrid(runs, 250, 675)).to.deep.include({ duplicates: 0, gaps: 0 });
    expect(repeatsIn(runs, 250, 675)).to.deep.equal([]);
  });

  it("count a run that begins on its point, however that is rounded", () => {
    for (const error of [-2, -1, 0, 1, 2]) {
      const runs = runsAt(1_000, 2_000, 3_000 + error, 4_000);
      expect(onGrid(runs, 1_000, 0)).to.deep.include({ duplicates: 0, gaps: 0 });
    }
  });

  it("count a run that is given twice in a slot, and how much later that is", () => {
    const runs = runsAt(1_000, 2_000, 2_362, 3_001);
    expect(onGrid(runs, 1_000, 0)).to.deep.include({ duplicates: 1, gaps: 0 });
    expect(repeatsIn(runs, 1_000, 0)).to.deep.equal([362]);
  });

  it("count slots without a run", () => {
    expect(onGrid(runsAt(1_000, 4_500, 5_000), 1_000, 0)).to.deep.include({ duplicates: 0, gaps: 2 });
  });
});
