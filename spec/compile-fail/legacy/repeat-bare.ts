// expected: Decorator function return type 'WorkerMethodDecorator<object>' is not assignable
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat
  tick() {}
}
