// expected: error TS1238
import { Distributed } from "watchbill";

@Distributed
export class Fetcher {}
