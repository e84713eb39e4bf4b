/**
 * The delay before an attempt. It must be pure, so that several workers can share it.
 *
 * `duration(attempt)` returns ms. Attempt 0 is the first, which is always 0; attempt n comes after n failures in a row.
 */
export interface Backoff {
  duration(attempt: number): number;
}
