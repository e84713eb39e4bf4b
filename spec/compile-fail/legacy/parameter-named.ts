// expected: Misuse<"put it on the method, not on a parameter">
import { Named, type WorkerContext } from "watchbill";

export class Fetcher {
  tick(@Named("tick") _context: WorkerContext) {}
}
