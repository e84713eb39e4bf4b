import { checkOptions } from "../errors/check-options.js";
import { type Duration, parseOption } from "../timers/duration.js";
import type { Backoff } from "./backoff.js";

/** The same delay before every attempt but the first. */
export class StaticBackoff implements Backoff {
  /** In ms. */
  readonly sleep: number;

  /** @throws InvalidArgumentError if `sleep` is not a duration, or there is another option */
  constructor(options: { readonly sleep: Duration }) {
    const { sleep } = checkOptions("StaticBackoff", options, ["sleep"]);
    this.sleep = parseOption("sleep", sleep);
  }

  duration(attempt: number): number {
    return attempt > 0 ? this.sleep : 0;
  }
}
