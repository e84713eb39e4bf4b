import type { Job } from "bullmq";
import { cutText } from "../errors/foreign-value.js";
import { isSnapshotEntry, numberIn, Snapshot } from "../runtime/snapshot.js";
import type { Phase, WorkerStatus } from "../runtime/worker-status.js";

/** What the fleet keeps of one worker between its turns, with its job. */
export interface TurnRecord {
  readonly memory: Snapshot;
  /** The worker's row after its last turn. */
  readonly status: WorkerStatus | undefined;
  /** What it waits for. */
  readonly phase: Phase;
  /** When its next turn is due, in ms since the epoch. */
  readonly due: number;
  /** Until when its job is delayed: later than `due` once a process had it that could not run it. */
  readonly until: number;
}

/** That of a worker that has had no turn. */
export const firstRecord: TurnRecord = {
  memory: new Snapshot(),
  status: undefined,
  phase: "waiting",
  due: 0,
  until: 0,
};

/**
 * Reads what a job carries, which another version may have written: what was given back with it last, in the field that says otherwise
 * why a job has failed, as ours never do; or what it was added with.
 */
export function recordOf({ failedReason, data }: Pick<Job, "failedReason" | "data">): TurnRecord {
  return parsed(given(failedReason) ?? data);
}

function given(text: string | undefined): unknown {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isSnapshotEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parsed(data: unknown): TurnRecord {
  if (!isSnapshotEntry(data)) return firstRecord;
  const { memory, status, phase } = data;
  return {
    memory: Snapshot.from(memory),
    status: isStatus(status) ? { ...status, lastError: status.lastError && cutText(status.lastError) } : undefined,
    phase: phase === "backoff" ? phase : "waiting",
    due: numberIn(data, "due") ?? 0,
    until: numberIn(data, "until") ?? 0,
  };
}

export function isStatus(value: unknown): value is WorkerStatus {
  return (
    isSnapshotEntry(value) &&
    ["runs", "failures", "attempt"].every((field) => numberIn(value, field) !== undefined) &&
    (value.health === "init" || value.health === "ok" || value.health === "firing") &&
    ["lastStart", "lastDuration"].every((field) => value[field] === null || numberIn(value, field) !== undefined) &&
    (value.lastError === null || typeof value.lastError === "string")
  );
}

/**
 * The id of a worker's job. BullMQ takes no colon in it, and no plain number.
 * @throws URIError if the name is not well-formed Unicode
 */
export function jobIdOf(worker: string): string {
  return `worker-${encodeURIComponent(worker)}`;
}

/** The worker of a job; undefined, if the id is not one that {@link jobIdOf} makes. */
export function workerOf(jobId: string): string | undefined {
  try {
    return decodeURIComponent(jobId.replace(/^worker-/, ""));
  } catch {
    return undefined;
  }
}
