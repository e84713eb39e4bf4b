// expected: Misuse<"the only parameter is (context: WorkerContext): remove the others, or give them defaults">
import { Distributed, type WorkerContext } from "watchbill";

export class Fetcher {
  @Distributed
  tick(_context: WorkerContext, _page: number) {}
}
