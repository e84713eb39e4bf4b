// expected: error TS1241
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat((self: EuFetcher) => self.interval)
  tick() {}
}

class EuFetcher extends Fetcher {
  readonly interval = 5_000;
}
