// expected: Misuse<"give self the type of the class that has the decorator">
import { Named } from "watchbill";

class Other {
  readonly region = "eu";
}

@Named((self: Other) => self.region)
export class Fetcher {}
