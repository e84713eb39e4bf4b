// expected: Misuse<"make it a method, such as name() {}, not a field or an accessor">
import { Worker, type WorkerContext } from "watchbill";

export class Fetcher {
  @Worker()
  tick = (_context: WorkerContext) => {};
}
