import type { Abortable } from "./on-abort.js";

/**
 * The cancellation of a task that has a signal of its own. The signal is made when it is first read: an `AbortController` costs
 * more than all the rest of a worker.
 */
export class CancellationScope {
  /** Why it was cancelled; undefined until then. */
  reason: unknown = undefined;
  private isCancelled = false;
  private controller: AbortController | undefined = undefined;
  /** Trees of tasks that are cancelled together with this one. */
  private attached: Set<Abortable> | undefined = undefined;

  get hasSignal(): boolean {
    return this.controller !== undefined;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.isCancelled) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  cancel(reason: unknown): void {
    this.isCancelled = true;
    this.reason = reason;
  }

  /** Aborts the signal, and so calls the listeners of the user. */
  abortSignal(): void {
    this.controller?.abort(this.reason);
  }

  abortAttached(): void {
    if (this.attached !== undefined) for (const tree of this.attached) tree.abort(this.reason);
  }

  /** Cancels `tree` together with this scope. Returns a function that detaches it. */
  attach(tree: Abortable): () => void {
    if (this.isCancelled) tree.abort(this.reason);
    const attached = (this.attached ??= new Set());
    attached.add(tree);
    return () => attached.delete(tree);
  }
}
