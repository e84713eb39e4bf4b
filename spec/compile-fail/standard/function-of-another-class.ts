// expected: error TS1241
import { Repeat } from "watchbill";

class Other {
  readonly interval = 5_000;
}

export class Fetcher {
  @Repeat((self: Other) => self.interval)
  tick() {}
}
