// expected: Argument of type '"5 s"' is not assignable to parameter of type 'ValueOrOf<UntypedSelf, Schedule | Duration>'
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5 s")
  tick() {}
}
