// expected: Argument of type 'undefined' is not assignable to parameter of type 'WorkerFunc'
import { Worker, type WorkerContext } from "watchbill";

export class Fetcher {
  @Worker
  tick = (_context: WorkerContext) => {};
}
