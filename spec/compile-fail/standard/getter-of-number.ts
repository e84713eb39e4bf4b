// expected: Misuse<"make it a method, such as name() {}, not a field or an accessor">
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  get tick() {
    return 5;
  }
}
