import { bootstrap, ExponentialBackoff, Named, Repeat, Retry, Worker, type WorkerContext, wait } from "watchbill";

const backoff = new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 0.5 });

@Named("acme")
class Service {
  polled = 0;

  @Repeat("10ms")
  @Retry(backoff)
  poll(_context: WorkerContext): void {
    this.polled++;
    if (this.polled === 3) void runner.stop();
  }

  @Worker
  @Retry(backoff)
  async listen({ signal }: WorkerContext): Promise<void> {
    await wait("1h", { signal });
  }
}

const runner = bootstrap([Service]);
await runner.run();
console.log(
  runner
    .status()
    .map(({ name }) => name)
    .join(","),
);
