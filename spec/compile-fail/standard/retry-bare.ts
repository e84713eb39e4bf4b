// expected: Decorator function return type 'WorkerDecorator<object>' is not assignable
import { Retry, Worker } from "watchbill";

export class Fetcher {
  @Worker
  @Retry
  tick() {}
}
