// expected: Misuse<"give self the type of the class that has the decorator">
import { Named, Worker } from "watchbill";

export class Fetcher {
  @Worker
  @Named((self: EuFetcher) => self.region)
  tick() {}
}

class EuFetcher extends Fetcher {
  readonly region = "eu";
}
