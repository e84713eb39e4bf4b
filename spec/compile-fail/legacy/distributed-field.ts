// expected: Type 'Fetcher' provides no match for the signature '(context: WorkerContext): unknown'
import { Distributed, type WorkerContext } from "watchbill";

export class Fetcher {
  @Distributed
  tick = (_context: WorkerContext) => {};
}
