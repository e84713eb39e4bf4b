// The application that every cell runs: it must do the same whatever has compiled it, and whatever runs it.
import { bootstrap, Named, observe, Repeat, RetryJob, StaticBackoff, stopped, Worker, type WorkerContext } from "watchbill";

class Prices {
  current(): number {
    return 42;
  }
}

@Named("acme")
class Shop {
  readonly prices: Prices;
  polls = 0;

  constructor(prices: Prices) {
    this.prices = prices;
  }

  @Repeat("5ms")
  @RetryJob(new StaticBackoff({ sleep: 0 }))
  @Named("prices")
  async poll({ attempt, signal }: WorkerContext): Promise<void> {
    signal.throwIfAborted();
    if (this.polls === 0 && attempt === 0) throw new Error("HTTP 503");
    if (this.prices.current() === 42) this.polls++;
    if (this.polls === 3) void runner.stop();
  }

  @Worker
  async listen({ signal }: WorkerContext): Promise<void> {
    await stopped(signal);
  }
}

/** Its name is in that of its worker, which a minifier changes. */
class Mailer {
  @Worker
  async send({ signal }: WorkerContext): Promise<void> {
    await stopped(signal);
  }
}

/** What the compiler tells a container about the constructor, as `emitDecoratorMetadata` does. */
function parameterTypes(type: object): unknown {
  const read: unknown = Reflect.get(Reflect, "getMetadata");
  return typeof read === "function" ? read("design:paramtypes", type) : undefined;
}

const types = parameterTypes(Shop);
const dependencies = Array.isArray(types) ? types : [Prices];
const shop: Shop = Reflect.construct(
  Shop,
  dependencies.map((type) => new type()),
);
const runner = bootstrap([shop, Mailer]);

let observed = 0;
observe("watchbill:run", { start: () => void observed++ });

function report(): void {
  const names = runner.status().map(({ name }) => name);
  const parts = [names.join(" "), `${shop.polls} polls`, runner.state];
  if (observed > 0) parts.push("observed");
  if (Array.isArray(types)) parts.push("types known");
  console.log(parts.join(", "));
}

runner.run().then(report, (error: unknown) => {
  console.error(error);
});
