// expected: error TS1239
import { Worker, type WorkerContext } from "watchbill";

export class Fetcher {
  tick(@Worker _context: WorkerContext) {}
}
