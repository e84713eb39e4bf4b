import { inTransition } from "../runtime/transition.js";
import type { WorkerCommands } from "../runtime/worker-commands.js";
import { QueueTimer } from "../timers/queue-timer.js";
import { TimerQueue } from "../timers/timer-queue.js";
import { reportHung } from "./hung-workers.js";
import type { Child } from "./supervisor.js";

/** Rejects a pause if the worker does not become idle in time. It stays paused. */
export function limitPause(child: Child, commands: WorkerCommands, timeout: number): void {
  const requestedAt = TimerQueue.current().now();
  const timer = new QueueTimer(() => {
    inTransition(() => commands.rejectIdle(reportHung({ child, requestedAt }, "paused", timeout)));
  });
  timer.sleep(timeout);
  const cancel = (): void => timer.cancel();
  commands.whenIdle().then(cancel, cancel);
}
