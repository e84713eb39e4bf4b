import { ExponentialBackoff, Named, Repeat, Retry, stopped, Timeout, Worker, type WorkerContext, wait } from "watchbill";

const backoff = new ExponentialBackoff({ initial: "1s", max: "30s", jitterProportion: 0.2 });

/** Workers of a shop that does not exist: one of them fails now and then, and one for as long as the process runs. */
@Named("shop")
export class ShopWorkers {
  #polls = 0;

  @Repeat("2s")
  @Retry(backoff)
  async pollOrders({ signal }: WorkerContext): Promise<void> {
    await wait(100 + Math.random() * 400, { signal });
    this.#polls++;
    if (this.#polls % 10 > 7) throw new Error(`order ${1_000 + this.#polls}: the payment service answered 503`);
  }

  @Repeat("10s", { startImmediately: true })
  @Timeout("5s")
  async updatePrices({ signal }: WorkerContext): Promise<void> {
    await wait("1s", { signal });
  }

  @Repeat("5s")
  @Retry(backoff)
  async sendMail(): Promise<void> {
    throw new Error("connect ECONNREFUSED 127.0.0.1:25");
  }

  @Worker
  async listenForChanges({ signal, reportHealth }: WorkerContext): Promise<void> {
    reportHealth();
    await stopped(signal);
  }
}
