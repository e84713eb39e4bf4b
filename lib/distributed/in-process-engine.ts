import type { Logger } from "../runtime/logger.js";
import { Snapshot } from "../runtime/snapshot.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { TimerQueue } from "../timers/timer-queue.js";
import type { Engine, Lease, Participant, Registration } from "./engine.js";

/** The engine of those that are given none: a fleet of one process, in which every worker has a turn that never ends. */
class InProcessEngine implements Engine {
  /** The logs that have been told. */
  readonly #told = new WeakSet<Logger>();

  join(seat: Participant): Registration {
    if (!this.#told.has(seat.logger)) {
      this.#told.add(seat.logger);
      new WorkerLogger(seat.logger, "").warn(
        { distributed: seat.name },
        "runs its distributed workers by itself: where there are several replicas, give bootstrap an engine, such as bullmq() of watchbill/bullmq",
      );
    }
    void seat.take(new EndlessLease());
    return { hurry() {}, leave: () => undefined, abandon() {} };
  }
}

class EndlessLease implements Lease {
  readonly memory = new Snapshot();
  readonly status = undefined;
  readonly due = 0;
  readonly isKept = true;
  readonly signal = never;

  check(): void {}

  now(): number {
    return TimerQueue.current().now();
  }
}

const never = new AbortController().signal;

export const inProcess: Engine = new InProcessEngine();
