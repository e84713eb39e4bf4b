// expected: Types of property 'prototype' are incompatible
import { Distributed } from "watchbill";

export class Fetcher {
  @Distributed()
  static tick() {}

  tock() {}
}
