import type { Logger } from "../runtime/logger.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { Engine, Lease, Participant, Registration } from "./engine.js";

/** The default engine: this process is the only replica, and each worker has a lease that never expires. */
class InProcessEngine implements Engine {
  /** The loggers that have the warning. */
  readonly #warned = new WeakSet<Logger>();

  join(participant: Participant): Registration {
    this.#warnOnce(participant);
    const run = (): void => {
      if (participant.isOpen) void participant.run(new EndlessLease());
    };
    run();
    // A continuous worker has stopped when it was paused.
    return { requestRun() {}, setPause: run, leave: () => undefined, release() {} };
  }

  #warnOnce({ name, logger }: Participant): void {
    if (this.#warned.has(logger)) return;
    this.#warned.add(logger);
    new WorkerLogger(logger, "").warn(
      { distributed: name },
      "runs distributed workers in this process only: for several replicas, pass an engine to bootstrap, such as bullmq() of watchbill/bullmq",
    );
  }
}

class EndlessLease implements Lease {
  readonly snapshot = undefined;
  readonly status = undefined;
  readonly due = 0;
  /** Grows with each start of the process. */
  readonly fence = Date.now();
  readonly isLocal = true;
  readonly signal = neverAborted;

  check(): void {}

  now(): number {
    return TimerQueue.current().now();
  }
}

const neverAborted = new AbortController().signal;

export const inProcessEngine: Engine = new InProcessEngine();
