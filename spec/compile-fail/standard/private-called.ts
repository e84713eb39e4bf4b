// expected: Misuse<"remove the #: workers are called from outside">
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  #tick() {}

  tock() {
    this.#tick();
  }
}
