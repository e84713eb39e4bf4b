// expected: Types of property 'static' are incompatible
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  static tick() {}

  tock() {}
}
