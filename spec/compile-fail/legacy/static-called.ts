// expected: Types of property 'prototype' are incompatible
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  static tick() {}

  tock() {}
}
