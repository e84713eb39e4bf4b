// expected: error TS1238
import { Named } from "watchbill";

class Other {
  readonly region = "eu";
}

@Named((self: Other) => self.region)
export class Fetcher {}
