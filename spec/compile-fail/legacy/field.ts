// expected: Type 'Fetcher' provides no match for the signature '(context: WorkerContext): unknown'
import { Worker, type WorkerContext } from "watchbill";

export class Fetcher {
  @Worker
  tick = (_context: WorkerContext) => {};
}
