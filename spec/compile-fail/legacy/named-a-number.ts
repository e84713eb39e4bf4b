// expected: Argument of type 'number' is not assignable to parameter of type 'ValueOrOf<UntypedSelf, string>'
import { Named } from "watchbill";

@Named(5)
export class Fetcher {}
