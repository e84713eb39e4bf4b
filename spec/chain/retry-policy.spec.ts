import { expect } from "chai";
import { retry, StaticBackoff } from "watchbill";
import { assertRetry, retryPolicy } from "../../lib/chain/retry-policy.js";
import { silent } from "../runner/commands.fixture.js";

describe("A retry policy", () => {
  const backoff = new StaticBackoff({ sleep: "1s" });

  it("can be a backoff alone; such policies share one object of defaults, to save memory", () => {
    const policy = retryPolicy(backoff);
    expect(policy.backoff).to.equal(backoff);
    expect(policy.conditions).to.equal(retryPolicy(new StaticBackoff({ sleep: "2s" })).conditions);
    expect(policy.conditions).to.include({ resetAfter: 60_000, limit: undefined });
    expect(policy.conditions.retryIf(new Error("no luck"), 1)).to.equal(true);
  });

  it("can be options, each of which is parsed", () => {
    const retryIf = (): boolean => false;
    const { conditions } = retryPolicy({ backoff, resetAfter: "5s", maxRestarts: 2, within: "1m", retryIf });
    expect(conditions).to.deep.equal({ resetAfter: 5_000, limit: { maxRestarts: 2, within: 60_000 }, retryIf });
  });

  it("is rejected with its subject if an option does not exist", () => {
    const policy = { backoff, maxRestart: 2 };
    expect(() => retryPolicy(policy)).to.throw(/^retry has no option "maxRestart"/);
    expect(() => retryPolicy(policy, "@Retry")).to.throw(/^@Retry has no option "maxRestart"/);
    expect(() => assertRetry(policy)).to.throw(/^retry has no option "maxRestart"/);
  });

  it("is rejected if a number of restarts is not a whole number", () => {
    for (const maxRestarts of [-1, 1.5, "2", Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => retryPolicy({ backoff, maxRestarts })).to.throw(/^maxRestarts is .*: pass a whole number, 0 or more$/);
  });

  it("is rejected if its window has no limit, or is empty", () => {
    expect(() => retryPolicy({ backoff, within: "1m" })).to.throw(/^within needs maxRestarts/);
    expect(() => retryPolicy({ backoff, maxRestarts: 1, within: 0 })).to.throw(/^within is 0/);
  });

  it("gives up when retryIf returns false, although restarts are left", async () => {
    const error = new Error("HTTP 404");
    const worker = retry(() => Promise.reject(error), { backoff, maxRestarts: 5, retryIf: () => false });
    expect(await Promise.resolve(worker.run({ logger: silent } as never)).catch((thrown: unknown) => thrown)).to.equal(error);
  });
});
