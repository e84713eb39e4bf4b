import type { WorkerContext } from "../index.js";
import { silentLogger } from "./loggers.js";

/**
 * Returns a context to call a method of a worker with: the first attempt, with a logger that drops everything and a signal that
 * never aborts, due now, with the fence 1. The members that are passed replace these.
 */
export function testContext(members: Partial<WorkerContext> = {}): WorkerContext {
  const {
    signal = new AbortController().signal,
    name = "test",
    attempt = 0,
    logger = silentLogger,
    reportHealth = (): void => {},
    scheduledAt = Date.now(),
    fence = 1,
  } = members;
  return { signal, name, attempt, logger, reportHealth, scheduledAt, fence };
}
