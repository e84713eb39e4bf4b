// expected: Misuse<"remove static: workers belong to instances">
import { Distributed } from "watchbill";

export class Fetcher {
  @Distributed()
  static tick() {}

  tock() {}
}
