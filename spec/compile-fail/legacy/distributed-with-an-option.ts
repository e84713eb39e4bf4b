// expected: No overload expects 1 arguments
import { Distributed, Repeat } from "watchbill";

export class Fetcher {
  @Distributed({ namespace: "x" })
  @Repeat("5s")
  tick() {}
}
