// expected: Types of property 'static' are incompatible
import { Distributed } from "watchbill";

export class Fetcher {
  @Distributed()
  static tick() {}

  tock() {}
}
