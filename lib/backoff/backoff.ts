/**
 * How long to wait before an attempt. Pure, so that one value can serve any number of workers.
 *
 * `duration(attempt)` returns ms. Attempt 0 is the first, which is always 0; attempt n comes after n failures in a row.
 */
export interface Backoff {
  duration(attempt: number): number;
}
