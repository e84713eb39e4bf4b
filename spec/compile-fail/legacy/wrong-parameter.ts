// expected: Type 'WorkerContext' is not assignable to type 'number'
import { Worker } from "watchbill";

export class Fetcher {
  @Worker
  tick(_page: number) {}
}
