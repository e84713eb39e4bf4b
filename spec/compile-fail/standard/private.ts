// expected: Misuse<"remove the #: workers are called from outside">
import { Worker } from "watchbill";

export class Fetcher {
  @Worker
  #tick() {}

  tock() {
    this.#tick();
  }
}
