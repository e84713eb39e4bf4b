// expected: Misuse<"the only parameter is (context: WorkerContext): remove the others, or give them defaults">
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  tick(_page: number) {}
}
