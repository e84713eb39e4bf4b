// expected: error TS1206
import { Worker } from "watchbill";

export class Fetcher {
  @Worker
  #tick() {}

  tock() {
    this.#tick();
  }
}
