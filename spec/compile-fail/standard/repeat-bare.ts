// expected: Misuse<"write it with an interval or a schedule: @Repeat(\"5s\")">
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat
  tick() {}
}
