// expected: 'startImediately' does not exist in type 'ValueOrOf<UntypedSelf, RepeatWorkerOptions>'
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5s", { startImediately: true })
  tick() {}
}
