import { afterEach, describe, expect, it, vi } from "vitest";
import { describeWorkers } from "watchbill/testing";
import { cases, pollsInAMinute, Shop } from "./cases.js";

describe("watchbill under vitest", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  for (const [title, run] of Object.entries(cases)) it(title, run);

  it("polls every five seconds of vitest's clock", async () => {
    vi.useFakeTimers();
    expect(await pollsInAMinute(() => vi.advanceTimersByTimeAsync(60_000))).toBe(12);
  });

  it("declares these workers", () => {
    expect(describeWorkers([Shop])).toMatchInlineSnapshot(`
[
  {
    "kind": "worker",
    "name": "Shop/listen",
  },
  {
    "kind": "job",
    "name": "Shop/poll",
    "retryJob": {
      "sleep": 0,
      "type": "StaticBackoff",
    },
    "schedule": "every 5s",
  },
]
`);
  });
});
