import { FleetError } from "../errors/fleet-error.js";
import { describeError } from "../errors/foreign-value.js";
import { toError } from "../errors/thrown-value-error.js";

/** Keeps what must not be read out of everything that is said about a connection. */
export class Secrets {
  readonly #secrets: readonly string[];

  constructor(secrets: readonly (string | undefined)[]) {
    const known = secrets.filter((secret) => secret !== undefined && secret !== "");
    const forms = known.flatMap((secret = "") => [secret, encodeURIComponent(secret), decoded(secret)]);
    // The longest first: a short one may be a part of it.
    this.#secrets = [...new Set(forms)].sort((one, other) => other.length - one.length);
  }

  hide(text: string): string {
    return this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
  }

  /** What a driver has thrown, in words alone: on the error itself hang its options and commands. */
  errorOf(problem: string, thrown: unknown): FleetError {
    return new FleetError(this.hide(`${problem}: ${describeError(toError(thrown, ""))}`));
  }
}

function decoded(secret: string): string {
  try {
    return decodeURIComponent(secret);
  } catch {
    return secret;
  }
}
