// expected: Types of property 'static' are incompatible
import { Worker } from "watchbill";

export class Fetcher {
  @Worker
  static tick() {}

  tock() {}
}
