import type { Abortable } from "./on-abort.js";
import { Task } from "./task.js";

/**
 * An task that can be aborted by itself and has a signal of its own for the code below it. The signal is made when it is
 * first read: an `AbortController` costs more than all the rest of a worker.
 */
export abstract class Scope extends Task {
  #reason: unknown = undefined;
  #controller: AbortController | undefined = undefined;
  #branches: Set<Abortable> | undefined = undefined;

  override get reason(): unknown {
    return this.#reason;
  }

  override get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort(this.#reason);
      this.guard(this.#controller.signal);
    }
    return this.#controller.signal;
  }

  override abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.#reason = reason;
    // The listeners are the user's.
    if (this.#controller !== undefined) this.asyncScope.run(abortWith, { controller: this.#controller, reason });
    if (this.#branches !== undefined) for (const branch of this.#branches) branch.abort(reason);
    this.cancelWork(reason);
  }

  override branch(child: Abortable): () => void {
    if (this.aborted) child.abort(this.#reason);
    const branches = (this.#branches ??= new Set());
    branches.add(child);
    return () => branches.delete(child);
  }
}

function abortWith({ controller, reason }: { readonly controller: AbortController; readonly reason: unknown }): void {
  controller.abort(reason);
}
