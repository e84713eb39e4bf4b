import { isError, readProperty } from "../errors/foreign-value.js";

/**
 * Whether the database has answered, and will not do what was asked, as the job is not there, not locked or not in that state. By
 * the negative codes that BullMQ puts on such errors.
 */
export function isRefusal(thrown: unknown): boolean {
  const code = isError(thrown) ? readProperty(thrown, "code") : undefined;
  return typeof code === "number" && code < 0;
}
