// expected: 'startImediately' does not exist in type 'ValueOrOf<object, RepeatWorkerOptions>'
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5s", { startImediately: true })
  tick() {}
}
