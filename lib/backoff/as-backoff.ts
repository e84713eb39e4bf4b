import { checkOptions } from "../errors/check-options.js";
import { hasMethod, readProperty, showUnlessText } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import type { Backoff } from "./backoff.js";

/**
 * The backoff it is.
 * @throws InvalidArgumentError if it has no method `duration`
 */
export function asBackoff(value: unknown): Backoff {
  if (isBackoff(value)) return value;
  throw new InvalidArgumentError(
    `${showUnlessText(value)} is not a backoff: give a StaticBackoff, an ExponentialBackoff, or an object with a method duration(attempt)`,
  );
}

/**
 * The options of a policy that was given as options, or as a backoff alone. Their values have not been checked.
 * @param subject for the message, such as `"@Retry"`
 * @param known every option that there is
 * @throws InvalidArgumentError if there is an option that is not known
 */
export function policyOptions(policy: unknown, subject: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (isBackoff(policy) || readProperty(policy, "backoff") === undefined) return { backoff: policy };
  return checkOptions(subject, policy, known);
}

export function isBackoff(value: unknown): value is Backoff {
  return typeof value === "object" && hasMethod(value, "duration");
}
