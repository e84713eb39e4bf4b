import { inspect } from "node:util";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import type { Backoff } from "./backoff.js";

/**
 * The backoff it is.
 * @throws InvalidArgumentError if it has no method `duration`
 */
export function asBackoff(value: unknown): Backoff {
  if (isBackoff(value)) return value;
  throw new InvalidArgumentError(
    `${inspect(value, { depth: 0 })} is not a backoff: give a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)`,
  );
}

/** The options of a policy that was given as options, or as a backoff alone. Nothing in them has been checked. */
export function policyOptions(policy: unknown): Readonly<Record<string, unknown>> {
  if (isBackoff(policy) || typeof policy !== "object" || policy === null || !("backoff" in policy)) return { backoff: policy };
  return { ...policy };
}

export function isBackoff(value: unknown): value is Backoff {
  return typeof value === "object" && value !== null && "duration" in value && typeof value.duration === "function";
}
