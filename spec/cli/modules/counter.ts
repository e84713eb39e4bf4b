import { Named, Repeat, Worker, type WorkerContext, wait } from "watchbill";

@Named("counter")
export class Counter {
  @Repeat("50ms", { startImmediately: true })
  @Named("ticks")
  tick(): void {
    console.log("tick");
  }

  @Worker
  @Named("stays")
  async stay({ signal }: WorkerContext): Promise<void> {
    await wait("1h", { signal });
  }
}
