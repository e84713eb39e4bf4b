// expected: Misuse<"remove static: workers belong to instances">
import { Distributed, Worker } from "watchbill";

export class Fetcher {
  @Distributed
  @Worker
  tick() {}

  @Distributed
  static tock() {}
}
