// expected: Types of property 'static' are incompatible
import { Distributed, Worker } from "watchbill";

export class Fetcher {
  @Distributed
  @Worker
  tick() {}

  @Distributed
  static tock() {}
}
