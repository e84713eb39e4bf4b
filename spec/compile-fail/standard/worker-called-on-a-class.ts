// expected: error TS1238
import { Worker } from "watchbill";

@Worker()
export class Fetcher {}
