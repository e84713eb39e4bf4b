// expected: Type 'WorkerContext' is not assignable to type 'number'
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  tick(_page: number) {}
}
