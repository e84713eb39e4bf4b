import pRetry from "p-retry";

export function retryUntilSuccess(job) {
  return pRetry(job, { retries: Number.POSITIVE_INFINITY, minTimeout: 0, maxTimeout: 0 });
}
