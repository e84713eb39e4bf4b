// expected: Misuse<"write it with a backoff: @Retry(backoff)">
import { Retry, Worker } from "watchbill";

export class Fetcher {
  @Worker
  @Retry
  tick() {}
}
