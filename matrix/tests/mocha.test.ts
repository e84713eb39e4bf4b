import assert from "node:assert/strict";
import { useFakeTimers } from "sinon";
import { cases, pollsInAMinute } from "./cases.js";

describe("watchbill under mocha", () => {
  for (const [title, run] of Object.entries(cases)) it(title, run);

  it("polls every five seconds of sinon's clock", async () => {
    const clock = useFakeTimers();
    try {
      assert.equal(await pollsInAMinute(() => clock.tickAsync("01:00")), 12);
    } finally {
      clock.restore();
    }
  });
});
