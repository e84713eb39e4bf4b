import { Distributed, ExponentialBackoff, Named, Repeat, Retry, RetryJob, Worker, type WorkerContext, wait } from "watchbill";

const backoff = new ExponentialBackoff({ initial: "100ms", max: "5s", jitterProportion: 0.5 });

/** Charges customers and watches for payments, on as many replicas as you like. It is the same class on one. */
@Named("billing")
export class Billing {
  /** Once a second in the whole fleet, by whichever replica gets to it. Seconds count from the very first run. */
  @Repeat("1s", { startImmediately: true })
  @Distributed
  @RetryJob(backoff)
  async chargeAll({ signal }: WorkerContext) {
    // Stands in for a payment provider.
    await wait("50ms", { signal });
    // A return means that all were charged. A run that was stopped before that throws, and another replica repeats it.
    signal.throwIfAborted();
  }

  /** All the time, on one replica of the fleet; another takes over when that stops, or is lost. */
  @Worker
  @Distributed
  @Retry(backoff)
  async watchPayments({ signal, reportHealth }: WorkerContext) {
    while (!signal.aborted) {
      // Stands in for a connection to the bank.
      await wait("100ms", { signal });
      reportHealth();
    }
  }

  /** Not distributed: each replica has exchange rates of its own in memory, and keeps them fresh. */
  @Repeat("1s", { startImmediately: true })
  async refreshRates({ signal }: WorkerContext) {
    await wait("20ms", { signal });
  }
}
