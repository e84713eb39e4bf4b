// expected: 'sleep' does not exist in type 'ValueOrOf<UntypedSelf, Backoff | RetryOptions>'
import { Retry, Worker } from "watchbill";

export class Fetcher {
  @Worker
  @Retry({ sleep: "5s" })
  tick() {}
}
