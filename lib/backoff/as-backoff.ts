import { checkOptions } from "../errors/check-options.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { hasMethod, readProperty } from "../errors/read-value.js";
import { showUnlessText } from "../errors/show-value.js";
import type { Backoff } from "./backoff.js";

/** Returns the backoff if it is one.
 * @throws InvalidArgumentError if it has no method `duration`
 */
export function asBackoff(value: unknown): Backoff {
  if (isBackoff(value)) return value;
  throw new InvalidArgumentError(
    `${showUnlessText(value)} is not a backoff: pass a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)`,
  );
}

/**
 * Returns the options of a policy, which is options or a backoff alone. Their values have not been checked.
 * @param subject for the message, such as `"@Retry"`
 * @param known every option that exists
 * @throws InvalidArgumentError if an option does not exist
 */
export function policyOptions(policy: unknown, subject: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (isBackoff(policy) || readProperty(policy, "backoff") === undefined) return { backoff: policy };
  return checkOptions(subject, policy, known);
}

export function isBackoff(value: unknown): value is Backoff {
  return typeof value === "object" && hasMethod(value, "duration");
}
