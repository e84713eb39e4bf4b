// expected: Misuse<"give self the type of the class that has the decorator">
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat((self: EuFetcher) => self.interval)
  tick() {}
}

class EuFetcher extends Fetcher {
  readonly interval = 5_000;
}
