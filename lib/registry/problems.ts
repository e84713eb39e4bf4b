import { BootstrapError } from "../errors/bootstrap-error.js";
import { type ReadOptions, readOptions } from "../errors/check-options.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { describeError } from "../errors/read-error.js";
import { isInstanceOf } from "../errors/read-value.js";
import { toError } from "../errors/thrown-value-error.js";
import { WatchbillError } from "../errors/watchbill-error.js";

/** Collects problems, so that all are reported at once. */
export class Problems {
  readonly #messages: string[] = [];
  readonly #errors: unknown[] = [];

  add(...messages: string[]): void {
    for (const message of messages) this.#messages.push(message);
  }

  /**
   * Returns a copy of the options that exist and can be read. Adds a problem for each other option, and for options that are not
   * an object.
   * @param subject for the messages, such as `"bootstrap"`
   * @param known every option that exists
   */
  readOptions<Options extends object>(subject: string, options: Options, known: readonly string[]): Options {
    const { read, problems }: ReadOptions<Options> = readOptions(subject, options, known);
    for (const problem of problems) this.#addInvalid(problem.message, problem);
    return read;
  }

  /** Returns what the function returns; undefined if it throws, which adds a problem of the subject. */
  attempt<Value>(subject: string, make: () => Value): Value | undefined {
    try {
      return make();
    } catch (thrown) {
      if (isInstanceOf(thrown, BootstrapError)) {
        for (const problem of thrown.problems) this.#messages.push(problem);
        for (const error of thrown.errors) this.#errors.push(error);
      } else if (isInstanceOf(thrown, InvalidArgumentError)) {
        this.#addInvalid(`${subject}: ${thrown.message}`, thrown);
      } else {
        this.add(`${subject}: ${describeError(toError(thrown, subject))}`);
        this.#errors.push(thrown);
      }
      return undefined;
    }
  }

  /** Adds a message, and the error that caused it if that is not one of this library, whose message says everything. */
  #addInvalid(message: string, error: InvalidArgumentError): void {
    this.add(message);
    if ("cause" in error && !isInstanceOf(error.cause, WatchbillError)) this.#errors.push(error.cause);
  }

  get count(): number {
    return this.#messages.length;
  }

  toError(): BootstrapError {
    return new BootstrapError(this.#messages, this.#errors);
  }
}
