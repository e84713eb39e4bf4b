import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { cases, pollsInAMinute } from "./cases.js";

describe("watchbill under node:test", () => {
  for (const [title, run] of Object.entries(cases)) it(title, run);

  it("polls every five seconds of the mock timers", async ({ mock }) => {
    mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const polls = await pollsInAMinute(async () => {
      for (let second = 0; second < 60; second++) {
        mock.timers.tick(1_000);
        // `tick` does not wait for promises, and the attempts of a run follow each other by timers.
        await setImmediate();
        mock.timers.tick(0);
        await setImmediate();
      }
    });
    assert.equal(polls, 12);
  });
});
