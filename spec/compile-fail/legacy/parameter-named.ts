// expected: error TS1239
import { Named, type WorkerContext } from "watchbill";

export class Fetcher {
  tick(@Named("tick") _context: WorkerContext) {}
}
