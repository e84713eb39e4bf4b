import { bootstrap, Distributed, Named, Repeat } from "watchbill";
import { bullmq } from "watchbill/bullmq";

@Named("acme")
class Billing {
  @Repeat("5m")
  @Distributed
  charge(): void {}
}

// Nothing is connected before it runs.
const engine = bullmq({ connection: "redis://localhost", namespace: "acme" });
const [worker] = bootstrap([Billing], { engine }).workers;
console.log(`${worker?.name},${worker?.distributed}`);
