import { type Lease, LeaseLostError, type WorkerStatus } from "../index.js";

/** The number of leases up to now. */
let count = 0;

/** A lease of a {@link MemoryFleet}. */
export class MemoryLease implements Lease {
  readonly isLocal = false;
  readonly snapshot: unknown;
  readonly status: WorkerStatus | undefined;
  readonly due: number;
  readonly fence = ++count;
  readonly now: () => number;
  isLost = false;
  readonly #worker: string;
  readonly #controller = new AbortController();

  constructor(worker: string, snapshot: unknown, status: WorkerStatus | undefined, due: number, now: () => number) {
    this.#worker = worker;
    this.snapshot = snapshot;
    this.status = status;
    this.due = due;
    this.now = now;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  check(): void {
    if (this.isLost) this.lose();
  }

  lose(): void {
    this.isLost = true;
    if (!this.signal.aborted) this.#controller.abort(new LeaseLostError(this.#worker, "it was taken away"));
  }
}
