// expected: Target signature provides too few arguments. Expected 2 or more, but got 1.
import { Worker, type WorkerContext } from "watchbill";

export class Fetcher {
  @Worker
  tick(_context: WorkerContext, _page: number) {}
}
