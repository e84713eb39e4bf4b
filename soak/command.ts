import {
  InvalidArgumentError,
  ShutdownTimeoutError,
  ThrownValueError,
  TimeoutError,
  UnknownWorkerError,
  WorkerNotRunningError,
} from "watchbill";
import type { RunLogs } from "./run-log.js";
import type { RunnerUnderTest, TrackedWorker } from "./runner-under-test.js";
import { PlannedError } from "./workloads.js";

export type Verb = "trigger" | "pause" | "resume" | "restart" | "remove";

/** How long a command may take that waits for a run to end, and any other, in ms on the clock of the event loop. */
const limits = { waiting: 3_000, any: 12_000 };

/** Sends a command to a worker. Resolves with what is wrong with its answer, if anything. */
export async function sendCommand(
  verb: Verb,
  target: TrackedWorker,
  runner: RunnerUnderTest,
  logs: RunLogs,
): Promise<string | undefined> {
  const stopsWorker = verb === "restart" || verb === "remove" || (verb === "pause" && target.traits.isContinuous === true);
  const waitsForRun = stopsWorker || verb === "pause";
  const stopsWithOthers = runner.isNested || target.traits.isInGroup === true;
  const { pausedAt, totalRuns } = target;
  const sentAt = logs.clock.now;
  const number = ++target.commands;
  // Another command may cause a rejection, also one that has settled, if it stops the worker and no run has begun since.
  const hasRivals = target.pendingCommands++ > 0 || target.runsWhenStopped === totalRuns;
  // The run that is in progress does not count for a trigger.
  const unfailedRuns = target.unfailedRuns - (target.isRunning ? 1 : 0);

  for (const log of target.logs) {
    // For a trigger too: it runs a paused worker.
    log.isHeld = false;
    log.recordActivity();
  }
  if (verb !== "trigger") target.pausedAt = verb === "pause" ? sentAt : Number.POSITIVE_INFINITY;
  if (stopsWorker) target.runsWhenStopped = totalRuns;
  if (verb === "remove") {
    target.state = "leaving";
    target.removedAt = sentAt;
    target.worker = runner.find(target) ?? target.worker;
  }

  const isLatest = (): boolean => target.commands === number;
  const checkTime = (): string | undefined => {
    target.pendingCommands--;
    const took = logs.clock.now - sentAt;
    const isInTime = took <= (waitsForRun ? limits.waiting : limits.any);
    return isInTime ? undefined : `took ${Math.round(took)} ms of the event loop's time`;
  };
  const checkRejected = (error: unknown): string | undefined => {
    if (error instanceof ShutdownTimeoutError)
      return checkHungWorkers(error.workers, target.name, waitsForRun || stopsWithOthers, logs);
    // The workers around it may be the cause too.
    const isInterfered = hasRivals || !isLatest() || stopsWithOthers || target.state !== "present";
    return isJustified(error, verb, target, isInterfered) ? undefined : `was rejected without a reason: ${String(error)}`;
  };
  const checkFulfilled = (): string | undefined => {
    if (verb === "trigger" && target.unfailedRuns <= unfailedRuns) return "was fulfilled without a run that succeeded";
    if (verb === "remove") {
      target.state = "removed";
      if (runner.find(target) !== undefined) return "was fulfilled, but the runner still has the worker";
    }
    if (!isLatest() || (verb !== "pause" && verb !== "remove")) return undefined;
    if (target.isRunning) return "was fulfilled while a run was in progress";
    for (const log of target.logs) log.isHeld = true;
    return undefined;
  };

  try {
    await runner.runner[verb](target.name);
  } catch (error) {
    // A rejected restart does not end a pause. If something else has ended it, the driver resumes the worker once more.
    if (verb === "restart") target.pausedAt = Math.min(target.pausedAt, pausedAt);
    return checkTime() ?? checkRejected(error);
  }
  return checkTime() ?? checkFulfilled();
}

/** Whether `error` is a known error for a known cause. */
function isJustified(
  error: unknown,
  verb: Verb,
  { state, traits, logs, isCompleted }: TrackedWorker,
  isInterfered: boolean,
): boolean {
  if (error instanceof UnknownWorkerError) return state !== "present";
  if (error instanceof WorkerNotRunningError) return isInterfered || isCompleted;
  if (verb !== "trigger") return false;
  if (error instanceof InvalidArgumentError) return traits.isContinuous === true;
  if (error instanceof PlannedError) return logs.includes(error.log);
  if (error instanceof TimeoutError) return traits.timeout !== undefined && logs.some(({ name }) => name === error.worker);
  if (error instanceof DOMException) return error.name === "AbortError" && isInterfered;
  return error instanceof ThrownValueError && typeof error.cause === "string";
}

/** Each worker that is named as hung must belong to the target, and have a run in progress. */
function checkHungWorkers(workers: readonly string[], target: string, hasCause: boolean, logs: RunLogs): string | undefined {
  const wrong = workers.find((name) => !`/${name}/`.includes(`/${target}/`) || !logs.hasRunOf(name));
  if (hasCause && workers.length > 0 && wrong === undefined) return undefined;
  const reason = wrong === undefined ? "without a cause" : `but ${wrong} was not`;
  return `named ${workers.join(", ") || "no worker"} as hung, ${reason}`;
}
