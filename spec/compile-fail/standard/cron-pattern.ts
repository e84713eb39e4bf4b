// expected: Misuse<"write cron(\"…\") for a pattern, import { cron } from \"watchbill/cron\"">
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("0 3 * * *")
  tick() {}
}
