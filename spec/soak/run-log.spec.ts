import { expect } from "chai";
import { RunLog, RunLogs } from "../../soak/run-log.js";
import { Violations } from "../../soak/violations.js";

describe("A run log of the soak", () => {
  let violations: Violations;
  let clock: { now: number; turn: number };
  let logs: RunLogs;
  let log: RunLog;

  beforeEach(() => {
    violations = new Violations();
    clock = { now: 0, turn: 0 };
    logs = new RunLogs(clock, violations);
    log = new RunLog("job", logs);
  });

  it("adds no violation for runs that follow one another", () => {
    log.begin("job");
    log.end("ended");
    log.begin("job");
    log.end("failed");
    expect(violations.count).to.equal(0);
    expect(log).to.include({ runs: 2, failures: 1 });
  });

  it("adds a violation for a run that begins while another is in progress", () => {
    log.begin("job");
    log.begin("job");
    expect(violations.of("no overlap")).to.deep.equal({ count: 1, first: ["job: a run began while another was in progress"] });
  });

  it("adds a violation for a run of a paused worker", () => {
    log.isHeld = true;
    log.begin("job");
    expect(violations.of("paused is paused")).to.deep.equal({ count: 1, first: ["job: a run began while it was paused"] });
  });

  it("resets its counts, but not its totals", () => {
    log.begin("job");
    log.end("uncertain");
    log.resetCounts();
    log.begin("job");
    log.end("failed");
    expect(log).to.include({ runs: 1, failures: 1, uncertain: 0, totalRuns: 2, totalFailures: 1 });
  });

  it("is completed until the next run begins", () => {
    log.begin("job");
    log.end("completed");
    expect(log.isCompleted).to.equal(true);
    log.begin("job");
    expect(log.isCompleted).to.equal(false);
  });

  it("has a run while it is in progress, and for one turn of the event loop after that", () => {
    log.begin("service/job");
    expect(logs.hasRunOf("service/job")).to.equal(true);
    log.end("ended");
    clock.turn = 1;
    expect(logs.hasRunOf("service/job")).to.equal(true);
    clock.turn = 2;
    expect(logs.hasRunOf("service/job")).to.equal(false);
    expect(logs.hasRunOf("another")).to.equal(false);
  });
});
