/** The promise of a command, shared by all callers that have asked for the same. Handled already: a caller may ignore it. */
export class CommandResult {
  readonly promise: Promise<void>;
  #resolve = (): void => {};
  #reject = (_reason: unknown): void => {};

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // What went wrong is in the log already: it must not end the process of a caller that does not wait for the command.
    this.promise.catch(() => {});
  }

  resolve(): void {
    this.#resolve();
  }

  reject(reason: unknown): void {
    this.#reject(reason);
  }
}
