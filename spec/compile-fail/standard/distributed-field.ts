// expected: Argument of type 'undefined' is not assignable to parameter of type 'WorkerFunc'
import { Distributed, type WorkerContext } from "watchbill";

export class Fetcher {
  @Distributed
  tick = (_context: WorkerContext) => {};
}
