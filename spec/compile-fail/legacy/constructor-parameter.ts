// expected: Misuse<"put it on the method, not on a parameter">
import { Named } from "watchbill";

export class Fetcher {
  constructor(@Named("db") readonly database: object) {}
}
