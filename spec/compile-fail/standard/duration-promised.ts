// expected: Argument of type '() => Promise<string>' is not assignable to parameter of type 'ValueOrOf<UntypedSelf, Schedule | Duration>'
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat(async () => "5s")
  tick() {}
}
