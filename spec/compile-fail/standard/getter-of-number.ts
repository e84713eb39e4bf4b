// expected: Type '"getter"' is not assignable to type '"method"'
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  get tick() {
    return 5;
  }
}
