// expected: Expected 1-3 arguments, but got 0.
import { Retry, Worker } from "watchbill";

export class Fetcher {
  @Worker
  @Retry()
  tick() {}
}
