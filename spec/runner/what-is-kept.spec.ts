import { expect } from "chai";
import sinon from "sinon";
import { bootstrap, DeclarativeWorker, Named, Retry, StaticBackoff } from "watchbill";
import { collectGarbage } from "./collect-garbage.fixture.js";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Two jobs that fail in turn every ms; the stack of their errors is never read. */
function pair(errors: WeakRef<Error>[]): DeclarativeWorker[] {
  const jobOf = (mine: number) => (): void => {
    if (errors.length % 2 !== mine) return;
    const error = new Error("no luck");
    errors.push(new WeakRef(error));
    throw error;
  };
  return [0, 1].map((mine) => new DeclarativeWorker({ name: `${mine}`, job: jobOf(mine), repeat: 1 }));
}

describe("Memory for errors", () => {
  it("retains only the text of the last error when a group keeps failing", async () => {
    const clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    const errors: WeakRef<Error>[] = [];
    class Pair {
      workers() {
        return pair(errors);
      }
    }
    Named("pair")(Pair);
    Retry(new StaticBackoff({ sleep: 0 }))(Pair);
    const { signal } = new AbortController();
    const runner = bootstrap([Pair], { logger: silent, signal });
    const running = runner.run();
    await clock.tickAsync(200);
    expect(errors.length).to.be.above(80);
    expect(runner.status().map(({ lastError }) => lastError)).to.deep.equal(["Error: no luck", "Error: no luck"]);
    clock.restore();
    await collectGarbage();
    expect(errors.filter((error) => error.deref() !== undefined)).to.have.length.below(5);
    await runner.stop();
    await running;
  });
});
