// expected: Type '"getter"' is not assignable to type '"method"'
import { Worker, type WorkerContext } from "watchbill";

export class Fetcher {
  @Worker
  get tick() {
    return (_context: WorkerContext) => {};
  }
}
