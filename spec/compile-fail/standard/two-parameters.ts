// expected: Misuse<"the only parameter is (context: WorkerContext): remove the others, or give them defaults">
import { Worker, type WorkerContext } from "watchbill";

export class Fetcher {
  @Worker
  tick(_context: WorkerContext, _page: number) {}
}
