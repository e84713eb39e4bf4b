import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { bootstrap, Named, Repeat, Retry, StaticBackoff, Worker, type WorkerContext } from "watchbill";

const backoff = new StaticBackoff({ sleep: "1s" });

abstract class Fetcher {
  abstract readonly path: string;
  readonly fetched: string[] = [];

  @Repeat("5s")
  @Retry(backoff)
  @Named("commits")
  fetchCommits(_context: WorkerContext) {
    this.fetched.push(`base ${this.path}`);
  }

  @Worker
  watchEvents(_context: WorkerContext): unknown {
    return undefined;
  }
}

class Inheriting extends Fetcher {
  override readonly path: string = "inherited";
}

class Overriding extends Fetcher {
  override readonly path = "overriding";

  override fetchCommits(context: WorkerContext) {
    super.fetchCommits(context);
    this.fetched.push("override");
  }
}

class Redecorating extends Fetcher {
  override readonly path = "redecorating";

  @Repeat("1m", { startImmediately: true })
  override fetchCommits(_context: WorkerContext) {}

  @Worker
  override watchEvents(_context: WorkerContext) {}

  @Worker
  additional() {}
}

class Grandchild extends Inheriting {
  override readonly path = "grandchild";

  @Worker
  own() {}
}

const fieldsOf = (type: new () => object) =>
  bootstrap([type]).workers.map(({ name, repeat, retry }) => ({ name, interval: repeat?.interval, retry }));

describe("A subclass", () => {
  it("has the workers of its base, under its own name", () => {
    expect(fieldsOf(Inheriting)).to.deep.equal([
      { name: "Inheriting/commits", interval: 5_000, retry: backoff },
      { name: "Inheriting/watchEvents", interval: undefined, retry: undefined },
    ]);
  });

  it("that overrides without decorating keeps the record of the base", () => {
    expect(fieldsOf(Overriding)).to.deep.equal([
      { name: "Overriding/commits", interval: 5_000, retry: backoff },
      { name: "Overriding/watchEvents", interval: undefined, retry: undefined },
    ]);
  });

  it("that decorates an override replaces the whole record, name and retry included", () => {
    expect(fieldsOf(Redecorating)).to.deep.equal([
      { name: "Redecorating/fetchCommits", interval: 60_000, retry: undefined },
      { name: "Redecorating/watchEvents", interval: undefined, retry: undefined },
      { name: "Redecorating/additional", interval: undefined, retry: undefined },
    ]);
  });

  it("of a subclass has the workers of both", () => {
    expect(fieldsOf(Grandchild).map(({ name }) => name)).to.deep.equal([
      "Grandchild/commits",
      "Grandchild/watchEvents",
      "Grandchild/own",
    ]);
  });

  it("does not change its base or its siblings", () => {
    class Later extends Inheriting {
      override readonly path = "later";

      @Worker
      override fetchCommits() {}
    }
    expect(fieldsOf(Later)[0]).to.include({ name: "Later/fetchCommits", interval: undefined });
    expect(fieldsOf(Inheriting)[0]).to.include({ name: "Inheriting/commits", interval: 5_000 });
    expect(fieldsOf(Overriding)[0]).to.include({ name: "Overriding/commits", interval: 5_000 });
  });

  it("can run in one runner with its base", () => {
    expect(bootstrap([Inheriting, Grandchild]).workers).to.have.length(5);
  });

  describe("at run time", () => {
    let clock: SinonFakeTimers;

    beforeEach(() => {
      clock = useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    });

    afterEach(() => clock.restore());

    for (const [what, instance, fetched] of [
      ["runs the base's method on its own instance", new Inheriting(), ["base inherited"]],
      ["runs its override, which may call the base's method", new Overriding(), ["base overriding", "override"]],
    ] as const) {
      it(what, async () => {
        const controller = new AbortController();
        instance.watchEvents = ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve));
        const running = bootstrap([instance], { signal: controller.signal }).run();
        await clock.tickAsync(5_000);
        controller.abort();
        await running;
        expect(instance.fetched).to.deep.equal(fetched);
      });
    }
  });
});
