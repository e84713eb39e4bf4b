// expected: Misuse<"put it on a method, not on a class">
import { Repeat } from "watchbill";

@Repeat("5s")
export class Fetcher {}
