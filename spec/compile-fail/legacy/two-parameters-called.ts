// expected: Target signature provides too few arguments. Expected 2 or more, but got 1.
import { Repeat, type WorkerContext } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  tick(_context: WorkerContext, _page: number) {}
}
