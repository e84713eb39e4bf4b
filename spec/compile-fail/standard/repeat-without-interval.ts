// expected: Expected 1-2 arguments, but got 0.
import { Repeat } from "watchbill";

export class Fetcher {
  @Repeat()
  tick() {}
}
