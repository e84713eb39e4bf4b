// expected: Misuse<"remove static: workers belong to instances">
import { Worker } from "watchbill";

export class Fetcher {
  @Worker
  static tick() {}

  tock() {}
}
