import { Repeat, Retry, StaticBackoff, stopped, Worker, type WorkerContext } from "watchbill";

export const backoff = new StaticBackoff({ sleep: "10s" });

export interface Invoices {
  takeNext(): string | undefined;
}

/** The class under test, in `invoice-sender.spec.ts` beside it. */
export class InvoiceSender {
  readonly sent: string[] = [];
  readonly interval: number;
  readonly #invoices: Invoices;

  constructor(invoices: Invoices, interval = 60_000) {
    this.#invoices = invoices;
    this.interval = interval;
  }

  // A value that depends on how the instance was configured is given as a function of it.
  @Repeat((self: InvoiceSender) => self.interval)
  @Retry(backoff)
  sendNext() {
    const invoice = this.#invoices.takeNext();
    if (invoice !== undefined) this.sent.push(invoice);
  }

  @Worker
  async keepConnection({ signal }: WorkerContext) {
    await stopped(signal);
  }
}
