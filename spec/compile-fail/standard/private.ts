// expected: Types of property 'private' are incompatible
import { Worker } from "watchbill";

export class Fetcher {
  @Worker
  #tick() {}

  tock() {
    this.#tick();
  }
}
