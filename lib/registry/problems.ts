import { BootstrapError } from "../errors/bootstrap-error.js";
import { cutText, describeError, describeKind, isObjectLike } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { nearestNames } from "../errors/nearest-names.js";
import { toError } from "../errors/thrown-value-error.js";

/** Collects everything that is wrong, so that it can be told at once. */
export class Problems {
  readonly #messages: string[] = [];
  readonly #errors: unknown[] = [];

  add(...messages: string[]): void {
    for (const message of messages) this.#messages.push(message);
  }

  /**
   * Adds the options that do not exist, each with the nearest that does, and options that are no object.
   * @param subject for the messages, such as `"bootstrap"`
   * @param known every option that there is
   */
  addUnknownOptions(subject: string, options: unknown, known: readonly string[]): void {
    if (!isObjectLike(options) || Array.isArray(options)) {
      this.add(`The options of ${subject} are ${describeKind(options)}: pass an object`);
      return;
    }
    for (const option of Object.keys(options)) {
      if (!known.includes(option)) this.add(`${subject} has no option "${cutText(option, 100)}": ${nearestNames(option, known)}`);
    }
  }

  /** What the function returns; undefined if it throws, which is then a problem of the subject. */
  attempt<Value>(subject: string, make: () => Value): Value | undefined {
    try {
      return make();
    } catch (thrown) {
      if (thrown instanceof BootstrapError) {
        for (const problem of thrown.problems) this.#messages.push(problem);
        for (const error of thrown.errors) this.#errors.push(error);
      } else if (thrown instanceof InvalidArgumentError) {
        this.add(`${subject}: ${thrown.message}`);
      } else {
        this.add(`${subject}: ${describeError(toError(thrown, subject))}`);
        this.#errors.push(thrown);
      }
      return undefined;
    }
  }

  get count(): number {
    return this.#messages.length;
  }

  toError(): BootstrapError {
    return new BootstrapError(this.#messages, this.#errors);
  }
}
