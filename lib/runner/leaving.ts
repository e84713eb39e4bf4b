import { Sleeper } from "../context/sleeper.js";
import { ShutdownTimeoutError } from "../errors/shutdown-timeout-error.js";
import { formatDuration } from "../time/format-duration.js";
import { TimerQueue } from "../time/timer-queue.js";
import type { NamedActivity } from "../workers/named.js";
import { hungIn } from "../workers/stopping.js";

/** One worker on its way out of a roster that goes on without it. */
export class Leaving extends Sleeper {
  /** Resolves once it has stopped; rejects with a {@link ShutdownTimeoutError} if that takes too long, and it stops later. */
  readonly over: Promise<void>;
  /** What is to happen then, also if all have been told to stop meanwhile. */
  afterwards: () => void;

  readonly #member: NamedActivity;
  readonly #timeout: number;
  readonly #toldAt = TimerQueue.current().now();
  #resolve: () => void = () => {};
  #reject: (error: ShutdownTimeoutError) => void = () => {};
  #isOverdue = false;

  /** @param timeout how long it may take, in ms */
  constructor(member: NamedActivity, timeout: number, afterwards: () => void) {
    super();
    this.#member = member;
    this.afterwards = afterwards;
    this.#timeout = timeout;
    this.over = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.sleep(timeout);
  }

  /** Whether its time is over. */
  get isOverdue(): boolean {
    return this.#isOverdue;
  }

  hasStopped(): void {
    this.callOffSleep();
    this.afterwards();
    this.#resolve();
  }

  override wake(): void {
    this.#isOverdue = true;
    const hung = hungIn({ member: this.#member, toldAt: this.#toldAt });
    const names = hung.map(({ worker }) => worker);
    this.#reject(new ShutdownTimeoutError(names, formatDuration(this.#timeout), hung));
  }
}
