// expected: Types of property 'private' are incompatible
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  #tick() {}

  tock() {
    this.#tick();
  }
}
