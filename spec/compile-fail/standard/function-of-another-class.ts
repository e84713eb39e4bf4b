// expected: Misuse<"give self the type of the class that has the decorator">
import { Repeat } from "watchbill";

class Other {
  readonly interval = 5_000;
}

export class Fetcher {
  @Repeat((self: Other) => self.interval)
  tick() {}
}
