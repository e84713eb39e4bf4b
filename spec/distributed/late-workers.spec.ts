import { expect } from "chai";
import { recordingLogger } from "watchbill/testing";
import type { JobSummary } from "../../lib/bullmq/database.js";
import { LateWorkers } from "../../lib/bullmq/late-workers.js";

describe("A distributed worker, with locks of 30 s that are checked every 5 s,", () => {
  let late: LateWorkers;
  let shown: (number | null)[];
  let logger: ReturnType<typeof recordingLogger>;

  beforeEach(() => {
    logger = recordingLogger();
    shown = [];
    late = new LateWorkers(30_000, 5_000);
    late.connecting(logger);
  });

  /** Compares at 5 s intervals from 0 on what the database has of the worker with it. Returns when it was seen to be late first. */
  function lateAt(job: (now: number) => JobSummary, until: number, isOpen = true): number | undefined {
    const participants = new Map([["one", { isOpen, setLate: (since: number | null) => void shown.push(since) }]]);
    for (let now = 1_000; now <= until; now += 5_000) {
      late.update({ now, jobs: new Map([["worker-one", job(now)]]), meta: {} }, participants);
      if (late.has("one")) return now;
    }
    return undefined;
  }

  it("is late when it is due for 10 s and waits", () => {
    expect(lateAt(() => ({ state: "delayed", until: 20_000 }), 60_000)).to.equal(31_000);
    expect(shown).to.deep.equal([20_000]);
    expect(logger.lines).to.deep.equal(["error due for 11s, and not running on any replica: one; waking them"]);
  });

  it("is late when its job could be fetched for 10 s", () => {
    expect(lateAt(() => ({ state: "waiting", until: 0 }), 60_000)).to.equal(16_000);
  });

  it("is not late while a replica has its lock, or it is not open here", () => {
    expect(lateAt((now) => ({ state: "active", until: now + 1_000 }), 600_000)).to.equal(undefined);
    expect(lateAt(() => ({ state: "waiting", until: 0 }), 600_000, false)).to.equal(undefined);
  });

  it("is late when its lock has expired for two checks more than that, with or without a time", () => {
    expect(lateAt(() => ({ state: "active", until: 5_000 }), 60_000)).to.equal(31_000);
    late = new LateWorkers(30_000, 5_000);
    expect(lateAt(() => ({ state: "active", until: 0 }), 60_000)).to.equal(26_000);
  });

  it("is no longer late once it waits for its next run, also if that is due just then, and still late if it was only promoted", () => {
    lateAt(() => ({ state: "delayed", until: 1_000 }), 60_000);
    expect(lateAt(() => ({ state: "waiting", until: 0 }), 1_000)).to.equal(1_000);
    expect(lateAt((now) => ({ state: "delayed", until: now }), 1_000)).to.equal(undefined);
  });

  it("is no longer late once a replica has its lock", () => {
    lateAt(() => ({ state: "waiting", until: 0 }), 60_000);
    expect(lateAt((now) => ({ state: "active", until: now + 30_000 }), 10_000)).to.equal(undefined);
    expect(shown.at(-1)).to.equal(null);
    expect(logger.lines.at(-1)).to.match(/^info no longer late, after .*: one$/);
  });
});
