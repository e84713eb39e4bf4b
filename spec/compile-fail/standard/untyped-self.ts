// expected: Property 'interval' does not exist on type 'UntypedSelf'
import { Repeat } from "watchbill";

export class Fetcher {
  readonly interval = 5_000;

  @Repeat((self) => self.interval)
  tick() {}
}
