// expected: The runtime will invoke the decorator with 3 arguments, but the decorator expects 1.
import { Retry, Worker } from "watchbill";

export class Fetcher {
  @Worker
  @Retry
  tick() {}
}
