// expected: Types of property 'prototype' are incompatible
import { Worker } from "watchbill";

export class Fetcher {
  @Worker
  static tick() {}

  tock() {}
}
