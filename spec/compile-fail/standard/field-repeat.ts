// expected: Argument of type 'undefined' is not assignable to parameter of type 'WorkerFunc'
import { Repeat, type WorkerContext } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  tick = (_context: WorkerContext) => {};
}
