import { expect } from "chai";
import { bootstrap, ExponentialBackoff, Named, Repeat, Retry, Worker, type WorkerContext } from "watchbill";

const backoff = new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 0.5 });

@Named("github")
class CommitFetcher {
  @Repeat("5s")
  @Retry(backoff)
  @Named("commits")
  async fetchCommits(_context: WorkerContext) {}

  @Worker
  @Retry(backoff)
  async watchEvents(_context: WorkerContext) {}
}

describe("bootstrap", () => {
  it("makes the workers that the decorators declare, and starts nothing", () => {
    const { workers } = bootstrap([CommitFetcher]);
    expect(workers.map(({ name }) => name)).to.deep.equal(["github/commits", "github/watchEvents"]);
    expect(workers[0]).to.deep.include({ repeat: { interval: 5_000, startImmediately: false }, retry: backoff });
  });
});
