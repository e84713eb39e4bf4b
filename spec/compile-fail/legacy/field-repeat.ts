// expected: Type 'Fetcher' provides no match for the signature '(context: WorkerContext): unknown'
import { Repeat, type WorkerContext } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  tick = (_context: WorkerContext) => {};
}
