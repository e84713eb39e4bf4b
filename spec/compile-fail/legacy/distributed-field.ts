// expected: Misuse<"make it a method, such as name() {}, not a field or an accessor">
import { Distributed, type WorkerContext } from "watchbill";

export class Fetcher {
  @Distributed
  tick = (_context: WorkerContext) => {};
}
