// expected: Misuse<"put it on a method, not on a class">
import { Distributed } from "watchbill";

@Distributed
export class Fetcher {}
