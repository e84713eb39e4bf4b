// expected: Decorator function return type 'WorkerMethodDecorator<object>' is not assignable
import { Retry, Worker } from "watchbill";

export class Fetcher {
  @Worker
  @Retry
  tick() {}
}
