import {
  bootstrap,
  Distributed,
  type Duration,
  ExponentialBackoff,
  Named,
  Repeat,
  Retry,
  RetryJob,
  StaticBackoff,
  Worker,
  type WorkerContext,
} from "watchbill";

const backoff = new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 0.5 });
const cleanUp = Symbol("cleanUp");

export const durations: Duration[] = ["0s", "5m", "30d", "100h", "250ms", "0.5s", "1.5s", "1.05s", "1.005s", "10.10s", 5, 0.5];

interface Config {
  readonly interval: Duration;
  readonly region: string;
}

@Named("github")
export class Fetcher {
  readonly config: Config = { interval: "5s", region: "eu" };

  @Repeat("5s")
  @Retry(backoff)
  @Named("commits")
  async fetchCommits({ signal }: WorkerContext) {
    signal.throwIfAborted();
  }

  @Worker
  @Retry({ backoff, resetAfter: "5m" })
  async watchEvents(_context: WorkerContext) {}

  @Worker()
  withoutContext() {}

  @Distributed
  @Repeat("1h")
  report(_context: WorkerContext) {}

  @Worker
  @Distributed()
  protected follow() {}

  @Named("janitor")
  @RetryJob(new StaticBackoff({ sleep: 100 }))
  @Repeat(5_000, { startImmediately: true })
  [cleanUp](_context: WorkerContext, _page = 1) {
    return 5;
  }

  @Repeat(
    (self: Fetcher) => self.config.interval,
    () => ({ startImmediately: true }),
  )
  @Retry((self: Fetcher) => new StaticBackoff({ sleep: self.config.interval }))
  @RetryJob(() => backoff)
  @Named(({ config }: Fetcher) => config.region)
  configured({ name }: Pick<WorkerContext, "name">) {
    return name;
  }

  @Worker
  protected guarded(_context: WorkerContext) {}
}

export abstract class Base {
  abstract readonly interval: Duration;

  @Repeat((self: Base) => self.interval)
  tick(_context: unknown) {}
}

@Named((self: Base) => String(self.interval))
export class Derived extends Base {
  readonly interval = "1h";

  @Repeat((self: Base) => self.interval)
  override tick() {}
}

bootstrap([Fetcher, Derived, new Derived()]);
