// expected: Misuse<"give the string the type Duration, or pass a number of ms">
import { Repeat } from "watchbill";

declare const interval: string;

export class Fetcher {
  @Repeat(interval)
  tick() {}
}
