import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { ProblemLog } from "../../lib/runtime/problem-log.js";

const minute = 60_000;

describe("A problem that recurs", () => {
  let clock: SinonFakeTimers;
  let log: ProblemLog;
  /** The entries above level debug: the time in minutes, the level, the message and the fields. */
  let entries: { at: number; level: string; message: string | undefined; fields: object }[];
  const at = (level: string) => (fields: object | string, message?: string) => {
    const entry = typeof fields === "string" ? { message: fields, fields: {} } : { message, fields };
    entries.push({ at: Date.now() / minute, level, ...entry });
  };
  const logger = { debug() {}, info: at("info"), warn: at("warn"), error: at("error") };
  const subject = { name: "x", logger, consequence: "" };

  beforeEach(() => {
    clock = useFakeTimers({ now: 0, toNotFake: ["nextTick", "queueMicrotask"] });
    log = new ProblemLog();
    entries = [];
  });

  afterEach(() => clock.restore());

  const fail = (message: string) => log.failed(subject, new Error(message), "worker", `failed: ${message}`);
  const times = () => entries.map((entry) => entry.at);

  it("is logged at once, then after 1, 2, 4 … minutes, and from then on hourly", () => {
    for (let elapsed = 0; elapsed <= 310; elapsed++) {
      fail("no route");
      clock.tick(minute);
    }
    expect(times()).to.deep.equal([0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303]);
  });

  it("has its next reminder counted from the last one", () => {
    for (const elapsed of [0, 5, 1, 1]) {
      clock.tick(elapsed * minute);
      fail("no route");
    }
    expect(times()).to.deep.equal([0, 5, 7]);
  });

  it("is the same if only the numbers in its message differ", () => {
    fail("no answer from port 80");
    fail("no answer from port 50312");
    expect(entries).to.have.lengthOf(1);
  });

  it("keeps the stack that another replica has saved if only the numbers in its message differ", () => {
    const stackAfter = (message: string) => {
      log.lastError = { text: "Error: no answer from port 80", at: 0, stack: "saved" };
      log.remember(new Error(message));
      return log.lastError?.stack;
    };
    expect(stackAfter("no answer from port 50312")).to.equal("saved");
    expect(stackAfter("no answer from port ")).to.match(/^Error: no answer from port /);
  });

  it("counts as one of the first kind from the eleventh kind on", () => {
    for (const kind of "abcdefghij") fail(kind);
    expect(entries).to.have.lengthOf(10);
    for (const kind of "klmn") fail(kind);
    expect(entries).to.have.lengthOf(10);
  });

  it("is logged with its error again after a recovery, which counts the failures since the last one", () => {
    const error = new Error("no route");
    for (let round = 0; round < 2; round++) {
      log.gaveUpRun(subject, error, "failed, giving up this run");
      log.recovered(subject);
    }
    expect(entries.map(({ message }) => message)).to.deep.equal([
      "failed, giving up this run",
      "recovered after 1 failure in 0ms",
      "failed, giving up this run",
      "recovered after 1 failure in 0ms",
    ]);
    for (const { fields } of entries.filter(({ level }) => level === "error")) expect(fields).to.have.property("err", error);
  });

  it("is counted each time that a run is given up with it, and its recovery is not logged if nothing has failed", () => {
    log.missed(subject, 1, "the run before took 1m");
    log.recovered(subject);
    const error = new Error("no route");
    log.gaveUpRun(subject, error, "failed, giving up this run");
    log.gaveUpRun(subject, error, "failed, giving up this run");
    log.recovered(subject);
    expect(entries.map(({ message }) => message)).to.deep.equal([
      "missed 1 run: the run before took 1m",
      "failed, giving up this run",
      "recovered after 2 failures in 0ms",
    ]);
  });

  it("is logged as an error every time that it stops others", () => {
    for (let time = 0; time < 3; time++)
      log.gaveUpRun({ ...subject, consequence: "; the runner stops" }, new Error("no route"), "failed, giving up this run");
    expect(entries.map(({ level, message }) => [level, message?.split(";")[1]])).to.deep.equal(
      Array(3).fill(["error", " the runner stops"]),
    );
  });

  it("has said what follows only if something does, to a caller who asks once", () => {
    const error = new Error("no route");
    log.gaveUp(subject, error, "gave up");
    expect(log.wasConsequenceLogged(subject, error)).to.equal(false);
    log.gaveUp({ ...subject, consequence: "; the runner stops" }, error, "gave up");
    expect(log.wasConsequenceLogged({ ...subject, name: "y" }, error)).to.equal(false);
    expect([log.wasConsequenceLogged(subject, error), log.wasConsequenceLogged(subject, error)]).to.deep.equal([true, false]);
  });

  it("is logged once for each long run, which adds to the missed runs", () => {
    log.stillRunning(subject, 0, minute, 2);
    log.stillRunning(subject, 0, minute, 3);
    expect(entries).to.have.lengthOf(1);
    log.stillRunning(subject, 5, minute, 0);
    expect(entries).to.have.lengthOf(2);
    log.missed(subject, 1, "the run before took 1m");
    clock.tick(minute);
    log.missed(subject, 1, "the run before took 1m");
    expect(entries.slice(2).map(({ message }) => message)).to.deep.equal([
      "missed 1 run: the run before took 1m",
      "missed 1 run: the run before took 1m; 7 in 1m",
    ]);
  });

  it("is logged once a minute at most if runs ignore their signals", () => {
    log.overdue(subject, 1_000);
    log.overdue(subject, 1_000);
    expect(entries).to.have.lengthOf(1);
    clock.tick(minute);
    log.overdue(subject, 1_000);
    expect(entries).to.have.lengthOf(2);
  });
});
