// expected: error TS1241
import { Named, Worker } from "watchbill";

export class Fetcher {
  @Worker
  @Named((self: EuFetcher) => self.region)
  tick() {}
}

class EuFetcher extends Fetcher {
  readonly region = "eu";
}
