import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";

// In its own process, because the heap is measured. Times are compared with those of as many bare Node timers in
// the same process, so that a slow or busy machine affects both alike.
describe("100,000 workers, named, retried and repeated,", () => {
  let measured: { workers: number; bytes: number; baselineMs: number; startMs: number; stopMs: number };

  before(async function () {
    this.timeout(60_000);
    const fixture = fileURLToPath(new URL("scale.fixture.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", "--import=tsx", fixture]);
    measured = JSON.parse(stdout);
    expect(measured.workers).to.equal(100_000);
  });

  it("use less than 1,500 B of heap each", () => {
    expect(measured.bytes).to.be.within(1, 1_500);
  });

  it("start in a small multiple of the time for setting and clearing as many timers", () => {
    expect(measured.startMs / measured.baselineMs).to.be.below(10);
  });

  it("stop in a small multiple of the time for setting and clearing as many timers", () => {
    expect(measured.stopMs / measured.baselineMs).to.be.below(5);
  });
});
