// expected: Expected 1-3 arguments, but got 0.
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat()
  tick() {}
}
