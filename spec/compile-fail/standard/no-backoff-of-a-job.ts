// expected: Argument of type 'string' is not assignable to parameter of type 'ValueOrOf<UntypedSelf, Backoff | RetryJobOptions>'
import { Repeat, RetryJob } from "watchbill";

export class Fetcher {
  @Repeat("5s")
  @RetryJob("1s")
  tick() {}
}
