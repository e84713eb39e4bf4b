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
export async function sendCommand(verb: Verb, target: TrackedWorker, runner: RunnerUnderTest, runLogs: RunLogs) {
  const { clock } = runLogs;
  const stopsWorker = verb === "restart" || verb === "remove" || (verb === "pause" && target.traits.isContinuous === true);
  const waitsForRun = stopsWorker || verb === "pause";
  const stopsWithOthers = runner.isNested || target.traits.isInGroup === true;
  const { log, pausedAt } = target;
  const sentAt = clock.now;
  const number = ++target.commands;
  // Another command may cause a rejection, also one that has settled, if it stops the worker and no run has begun since.
  const hasRivals = target.pendingCommands++ > 0 || target.runsWhenStopped === log.totalRuns;
  const succeeded = (): number => log.totalRuns - log.totalFailures - (log.isOpen ? 1 : 0);
  const succeededBefore = succeeded();

  // For a trigger too: it runs a paused worker.
  for (const each of target.logs) {
    each.isHeld = false;
    each.recordActivity();
  }
  if (verb !== "trigger") target.pausedAt = verb === "pause" ? sentAt : Number.POSITIVE_INFINITY;
  if (stopsWorker) target.runsWhenStopped = log.totalRuns;
  if (verb === "remove") {
    target.state = "leaving";
    target.worker = runner.find(target) ?? target.worker;
  }

  let rejection: { readonly error: unknown } | undefined;
  try {
    await runner.runner[verb](target.name);
  } catch (error) {
    rejection = { error };
    // A rejected restart does not end a pause. If something else has ended it, the driver resumes the worker once more.
    if (verb === "restart") target.pausedAt = Math.min(target.pausedAt, pausedAt);
  }

  target.pendingCommands--;
  const took = clock.now - sentAt;
  if (took > (waitsForRun ? limits.waiting : limits.any)) return `took ${Math.round(took)} ms of the event loop's time`;
  const isLatest = target.commands === number;
  if (rejection !== undefined) {
    const { error } = rejection;
    if (error instanceof ShutdownTimeoutError)
      return checkHungWorkers(error.workers, target.name, waitsForRun || stopsWithOthers, runLogs);
    // The workers around it may be the cause too.
    const isInterfered = hasRivals || !isLatest || stopsWithOthers || target.state !== "present";
    return isJustified(error, verb, target, isInterfered) ? undefined : `was rejected without a reason: ${String(error)}`;
  }
  if (verb === "trigger" && succeeded() <= succeededBefore) return "was fulfilled without a run that succeeded";
  if (verb === "remove") {
    target.state = "removed";
    if (runner.find(target) !== undefined) return "was fulfilled, but the runner still has the worker";
  }
  if (!isLatest || (verb !== "pause" && verb !== "remove")) return undefined;
  if (target.isRunning) return "was fulfilled while a run was in progress";
  for (const each of target.logs) each.isHeld = true;
  return undefined;
}

/** Whether `error` is a known error for a known cause. */
function isJustified(error: unknown, verb: Verb, target: TrackedWorker, isInterfered: boolean): boolean {
  const { state, traits, log } = target;
  if (error instanceof UnknownWorkerError) return state !== "present";
  if (error instanceof WorkerNotRunningError) return isInterfered || log.isCompleted;
  if (verb !== "trigger") return false;
  if (error instanceof InvalidArgumentError) return traits.isContinuous === true;
  if (error instanceof PlannedError) return error.log === log;
  if (error instanceof TimeoutError) return traits.timeout !== undefined && error.worker === log.name;
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
