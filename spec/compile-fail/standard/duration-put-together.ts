// expected: Argument of type 'string' is not assignable to parameter of type 'Duration'
import { milliseconds } from "watchbill";

export const inMs = (seconds: number) => milliseconds(`${seconds}s`);
