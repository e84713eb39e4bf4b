import { expect } from "chai";
import { isRefusal } from "../../lib/bullmq/refusal.js";
import { Secrets } from "../../lib/bullmq/secrets.js";
import { firstRecord, jobIdOf, recordOf, workerOf } from "../../lib/bullmq/turn-record.js";

const status = { name: "a", health: "ok", phase: "waiting", runs: 1, failures: 0, attempt: 0, lastStart: 5, lastDuration: 1 };

describe("What a job of the fleet carries", () => {
  it("is that of a worker that has had no turn, if it is not what this version writes", () => {
    for (const [failedReason, data] of [
      [undefined, undefined],
      ["job stalled more than allowable limit", null],
      ["[]", "text"],
      ["null", []],
      ["{", 5],
      ["{}", {}],
    ] as const) {
      const record = recordOf({ failedReason: failedReason ?? "", data });
      expect({ ...record, memory: record.memory.toJSON() }).to.deep.equal({ ...firstRecord, memory: {} });
    }
  });

  it("has no status that is not one, and no error that is longer than a row can hold", () => {
    const withError = (lastError: unknown) =>
      recordOf({ failedReason: JSON.stringify({ status: { ...status, lastError } }), data: {} }).status;
    expect(withError(5)).to.equal(undefined);
    expect(withError(null)).to.deep.equal({ ...status, lastError: null });
    expect(withError("x".repeat(300_000))?.lastError).to.match(/^x{2000}… \(300000 characters\)$/);
  });

  it("goes by an id that any name of a worker makes, and that is read back; other ids name no worker", () => {
    for (const name of ["a", "a/b:c", "100%", "Übung 🙂", "worker-1"]) {
      expect(jobIdOf(name)).to.not.include(":");
      expect(workerOf(jobIdOf(name))).to.equal(name);
    }
    expect(workerOf("worker-%zz")).to.equal(undefined);
  });
});

describe("What a driver throws", () => {
  const revoked = (): object => {
    const { proxy, revoke } = Proxy.revocable(new Error("x"), {});
    revoke();
    return proxy;
  };

  it("is a refusal by its negative code alone, of whatever type it is", () => {
    expect(isRefusal(Object.assign(new Error("Missing lock"), { code: -2 }))).to.equal(true);
    for (const thrown of [
      new Error("x"),
      Object.assign(new Error("x"), { code: "ECONNRESET" }),
      undefined,
      { code: -2 },
      revoked(),
    ])
      expect(isRefusal(thrown)).to.equal(false);
    const hostile = Object.defineProperty(new Error("x"), "code", {
      get() {
        throw new Error("It is not to be looked at");
      },
    });
    expect(isRefusal(hostile)).to.equal(false);
  });

  it("is described in words without secrets, of whatever type it is", () => {
    const secrets = new Secrets(["pass5word"]);
    expect(secrets.errorOf("The database", new Error("AUTH pass5word")).message).to.equal("The database: Error: AUTH ***");
    for (const thrown of [revoked(), Symbol("x"), undefined, { command: ["AUTH", "pass5word"] }])
      expect(secrets.errorOf("The database", thrown).message)
        .to.match(/^The database: ThrownValueError: /)
        .and.not.include("pass5word");
  });
});
