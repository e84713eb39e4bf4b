import { type Duration, milliseconds } from "../time/duration.js";
import type { Backoff } from "./backoff.js";

/** The same delay before every attempt but the first. */
export class StaticBackoff implements Backoff {
  /** In ms. */
  readonly sleep: number;

  /** @throws InvalidArgumentError if `sleep` is not a duration */
  constructor({ sleep }: { readonly sleep: Duration }) {
    this.sleep = milliseconds(sleep);
  }

  duration(attempt: number): number {
    return attempt > 0 ? this.sleep : 0;
  }
}
