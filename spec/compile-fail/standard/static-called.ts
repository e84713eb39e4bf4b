// expected: Misuse<"remove static: workers belong to instances">
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  static tick() {}

  tock() {}
}
