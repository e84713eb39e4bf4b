// expected: Misuse<"the only parameter is (context: WorkerContext): remove the others, or give them defaults">
import { Worker } from "watchbill";

export class Fetcher {
  @Worker
  tick(_page: number) {}
}
