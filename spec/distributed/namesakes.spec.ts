import { expect } from "chai";
import { recordingLogger } from "watchbill/testing";
import { Namesakes } from "../../lib/bullmq/namesakes.js";
import { initialRecord } from "../../lib/bullmq/worker-record.js";

const lockDuration = 30_000;
const minute = 60_000;

/** What is logged if records of another origin are read every 10 s. */
function linesAfter(length: number, origin: string, isRunning: boolean): readonly string[] {
  const namesakes = new Namesakes("billing", lockDuration);
  const logger = recordingLogger();
  const participant = { name: "cleanup", declared: "every 1h", logger };
  for (let now = 0; now <= length; now += 10_000) {
    const due = isRunning ? now : 0;
    namesakes.check(participant, { ...initialRecord, origin, replica: "web-1/42", due, until: due }, now);
  }
  return logger.lines;
}

describe("A worker whose name another service has, in the same namespace", () => {
  it("is an error in the log, once, when the other has run it for four times the lock duration", () => {
    expect(linesAfter(110_000, "shop every 5m", true)).to.deep.equal([]);
    expect(linesAfter(10 * minute, "shop every 5m", true)).to.deep.equal([
      "error cleanup: also runs in web-1/42 as another worker (shop every 5m; here watchbill every 1h): if that is another service, use another namespace than billing for one of them",
    ]);
  });

  it("may be a deploy of the same service, for a quarter of an hour", () => {
    expect(linesAfter(14 * minute, "watchbill every 5m", true)).to.deep.equal([]);
    expect(linesAfter(16 * minute, "watchbill every 5m", true)).to.have.length(1);
  });

  it("is none if the other has ended, and only its last record is left", () => {
    expect(linesAfter(60 * minute, "shop every 5m", false)).to.deep.equal([]);
    expect(linesAfter(60 * minute, "watchbill every 5m", false)).to.deep.equal([]);
  });

  it("is none if the record is that of this declaration", () => {
    expect(linesAfter(60 * minute, "watchbill every 1h", true)).to.deep.equal([]);
  });
});
