// expected: error TS1240
import { Worker, type WorkerContext } from "watchbill";

export class Fetcher {
  @Worker
  accessor tick = (_context: WorkerContext) => {};
}
