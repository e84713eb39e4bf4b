// expected: Type 'number' is not assignable to type 'WorkerFunc'
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  get tick() {
    return 5;
  }
}
