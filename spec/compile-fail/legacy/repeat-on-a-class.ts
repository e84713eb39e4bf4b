// expected: error TS1238
import { Repeat } from "watchbill";

@Repeat("5s")
export class Fetcher {}
