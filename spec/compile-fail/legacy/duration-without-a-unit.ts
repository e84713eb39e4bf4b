// expected: Misuse<"write a number and a unit without a blank, such as \"5s\" or \"1.5h\"">
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat("5")
  tick() {}
}
