import { expect } from "chai";
import { Secrets } from "../../lib/bullmq/connection.js";
import { isRejectedByBullmq } from "../../lib/bullmq/queue.js";
import { initialRecord, jobIdOf, recordOf, workerOf } from "../../lib/bullmq/worker-record.js";

const status = { name: "a", health: "ok", phase: "waiting", runs: 1, failures: 0, attempt: 0, lastStart: 5, lastDuration: 1 };

describe("The record of a job", () => {
  it("is the initial record, if it is malformed", () => {
    for (const [failedReason, data] of [
      [undefined, undefined],
      ["job stalled more than allowable limit", null],
      ["[]", "text"],
      ["null", []],
      ["{", 5],
      ["{}", {}],
    ] as const) {
      const record = recordOf({ failedReason: failedReason ?? "", data });
      expect(record).to.deep.equal(initialRecord);
    }
  });

  it("has no malformed status, and no error message that is too long", () => {
    const withError = (lastError: unknown) =>
      recordOf({ failedReason: JSON.stringify({ status: { ...status, lastError } }), data: {} }).status;
    expect(withError(5)).to.equal(undefined);
    expect(withError(null)).to.deep.include({ ...status, lastError: null });
    expect(withError("x".repeat(300_000))?.lastError).to.match(/^x{2000}… \(300000 characters\)$/);
  });

  it("has every field of a status, also if an older version has written it without some, or another one with other values", () => {
    const read = (fields: object) =>
      recordOf({ failedReason: JSON.stringify({ status: { ...status, lastError: null, ...fields } }), data: {} }).status;
    expect(read({})).to.deep.include({
      healthSince: null,
      lastSuccess: null,
      lastErrorAt: null,
      lastErrorStack: null,
      missed: 0,
    });
    const known = { healthSince: 1, lastSuccess: 2, lastErrorAt: 3, lastErrorStack: "Error: x" };
    expect(read(known)).to.deep.include(known);
    const strange = { healthSince: "x", lastSuccess: {}, lastErrorAt: null, lastErrorStack: 5 };
    expect(read(strange)).to.deep.include({ healthSince: null, lastSuccess: null, lastErrorAt: null, lastErrorStack: null });
  });

  it("has an id from which the worker's name can be read; other ids have no worker", () => {
    for (const name of ["a", "a/b:c", "100%", "Übung 🙂", "worker-1", "NUL \0", "\ud800", "\udc00🙂\ud83d", "%ud800"]) {
      expect(jobIdOf(name)).to.not.include(":");
      expect(workerOf(jobIdOf(name))).to.equal(name);
    }
    expect(workerOf("worker-%zz")).to.equal(undefined);
  });
});

describe("An error of a driver", () => {
  const revoked = (): object => {
    const { proxy, revoke } = Proxy.revocable(new Error("x"), {});
    revoke();
    return proxy;
  };

  it("is a rejection by BullMQ only if it has a negative code, whatever its type", () => {
    expect(isRejectedByBullmq(Object.assign(new Error("Missing lock"), { code: -2 }))).to.equal(true);
    for (const thrown of [
      new Error("x"),
      Object.assign(new Error("x"), { code: "ECONNRESET" }),
      undefined,
      { code: -2 },
      revoked(),
    ])
      expect(isRejectedByBullmq(thrown)).to.equal(false);
    const hostile = Object.defineProperty(new Error("x"), "code", {
      get() {
        throw new Error("must not be accessed");
      },
    });
    expect(isRejectedByBullmq(hostile)).to.equal(false);
  });

  it("is described without secrets, whatever its type", () => {
    const secrets = new Secrets(["pass5word"]);
    expect(secrets.errorOf("The database", new Error("AUTH pass5word")).message).to.equal("The database: Error: AUTH ***");
    for (const thrown of [revoked(), Symbol("x"), undefined, { command: ["AUTH", "pass5word"] }])
      expect(secrets.errorOf("The database", thrown).message)
        .to.match(/^The database: ThrownValueError: /)
        .and.not.include("pass5word");
  });
});
