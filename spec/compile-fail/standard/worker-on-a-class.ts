// expected: Misuse<"put it on a method, not on a class">
import { Worker } from "watchbill";

@Worker
export class Fetcher {}
