// expected: Misuse<"make it a method, such as name() {}, not a field or an accessor">
import { Repeat, type WorkerContext } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  tick = (_context: WorkerContext) => {};
}
