// expected: error TS1239
import { Named } from "watchbill";

export class Fetcher {
  constructor(@Named("db") readonly database: object) {}
}
