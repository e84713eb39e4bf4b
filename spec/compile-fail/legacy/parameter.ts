// expected: Misuse<"put it on the method, not on a parameter">
import { Worker, type WorkerContext } from "watchbill";

export class Fetcher {
  tick(@Worker _context: WorkerContext) {}
}
