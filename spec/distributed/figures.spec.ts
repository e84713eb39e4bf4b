import { expect } from "chai";
import { compareWithTimetable, type Run, repeatsIn } from "./figures.js";

const runsAt = (...times: number[]): Run[] => times.map((begun) => ({ pid: 1, begun, over: begun + 20, hasEnded: true }));

describe("compareWithTimetable", () => {
  it("counts a late run that begins just before the next due time for its own slot", () => {
    // As measured under connection resets: 675 is a due time, the run at 674 was due at 425, the run at 766 at 675.
    const runs = runsAt(198, 674, 766, 926);
    expect(compareWithTimetable(runs, 250, 675)).to.deep.include({ duplicates: 0, gaps: 0 });
    expect(repeatsIn(runs, 250, 675)).to.deep.equal([]);
  });

  it("counts a run that begins at its due time, however that is rounded", () => {
    for (const error of [-2, -1, 0, 1, 2]) {
      const runs = runsAt(1_000, 2_000, 3_000 + error, 4_000);
      expect(compareWithTimetable(runs, 1_000, 0)).to.deep.include({ duplicates: 0, gaps: 0 });
    }
  });

  it("counts a second run in one slot, and how much later it begins", () => {
    const runs = runsAt(1_000, 2_000, 2_362, 3_001);
    expect(compareWithTimetable(runs, 1_000, 0)).to.deep.include({ duplicates: 1, gaps: 0 });
    expect(repeatsIn(runs, 1_000, 0)).to.deep.equal([362]);
  });

  it("counts slots without a run", () => {
    expect(compareWithTimetable(runsAt(1_000, 4_500, 5_000), 1_000, 0)).to.deep.include({ duplicates: 0, gaps: 2 });
  });
});
