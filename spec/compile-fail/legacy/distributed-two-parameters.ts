// expected: Target signature provides too few arguments. Expected 2 or more, but got 1.
import { Distributed, type WorkerContext } from "watchbill";

export class Fetcher {
  @Distributed
  tick(_context: WorkerContext, _page: number) {}
}
