/**
 * Whether the database has answered, and will not do what was asked, as the job is not there, not locked or not in that state. By
 * the negative codes that BullMQ puts on such errors.
 */
export function isRefusal(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "number" && thrown.code < 0;
}
