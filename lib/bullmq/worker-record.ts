import type { Job } from "bullmq";
import { cutText } from "../errors/show-value.js";
import { isSnapshotEntry, numberIn } from "../runtime/snapshot.js";
import { initialStatus, type Phase, type WorkerStatus } from "../runtime/worker-status.js";

/** What is stored of one worker between two leased runs, with its job. */
export interface WorkerRecord {
  /** Of the last checkpoint. */
  readonly snapshot: unknown;
  /** The worker's status at the last checkpoint. */
  readonly status: WorkerStatus | undefined;
  /** What the worker waits for. */
  readonly phase: Phase;
  /** When the worker is due next, in ms since the epoch. */
  readonly due: number;
  /** Until when the job is delayed: later than `due` if a replica fetched the job and could not run it. */
  readonly until: number;
  /** The service and the declaration under which it ran last, and the replica. */
  readonly origin?: string;
  readonly replica?: string;
}

/** The record of a worker that has never run. */
export const initialRecord: WorkerRecord = {
  snapshot: undefined,
  status: undefined,
  phase: "waiting",
  due: 0,
  until: 0,
};

/**
 * Reads the record of a job, which another version may have written. It is in `failedReason` once the job has been handed back,
 * as these jobs never fail; before, it is the data that the job was added with.
 */
export function recordOf({ failedReason, data }: Pick<Job, "failedReason" | "data">): WorkerRecord {
  return parseRecord(parseJson(failedReason) ?? unwrapJson(data, "record"));
}

/**
 * Wraps a value for a JSON field of a job, as text: Postgres accepts neither NUL nor a lone surrogate in JSON, and an error
 * message may contain either.
 */
export function wrapJson(field: string, value: unknown): Readonly<Record<string, string>> {
  return { [field]: JSON.stringify(value) };
}

/** Reads what {@link wrapJson} has wrapped, or an earlier version has stored without; undefined if it is neither. */
export function unwrapJson(stored: unknown, field: string): unknown {
  if (!isSnapshotEntry(stored)) return undefined;
  const wrapped = stored[field];
  return wrapped === undefined ? stored : typeof wrapped === "string" ? parseJson(wrapped) : wrapped;
}

/** The object that a text has as JSON; undefined if there is none. */
export function parseJson(text: string | undefined): unknown {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isSnapshotEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parseRecord(data: unknown): WorkerRecord {
  if (!isSnapshotEntry(data)) return initialRecord;
  const { snapshot, status, phase, origin, replica } = data;
  return {
    snapshot,
    status: isStatus(status) ? sharedStatus(status) : undefined,
    phase: phase === "backoff" ? phase : "waiting",
    due: numberIn(data, "due") ?? 0,
    until: numberIn(data, "until") ?? 0,
    ...(typeof origin === "string" && typeof replica === "string" ? { origin, replica } : undefined),
  };
}

/** Completed, as another version may have written it, and bounded. */
function sharedStatus(status: WorkerStatus): WorkerStatus {
  const { lastError, lastErrorStack, name } = status;
  const time = (field: "healthSince" | "lastSuccess" | "lastErrorAt"): number | null => numberIn({ ...status }, field) ?? null;
  return {
    ...initialStatus(name),
    ...status,
    healthSince: time("healthSince"),
    lastSuccess: time("lastSuccess"),
    lastError: lastError && cutText(lastError),
    lastErrorAt: time("lastErrorAt"),
    lastErrorStack: typeof lastErrorStack === "string" ? cutText(lastErrorStack) : null,
  };
}

/** Whether a value that another version may have written can be used as a worker's status. */
export function isStatus(value: unknown): value is WorkerStatus {
  return (
    isSnapshotEntry(value) &&
    ["runs", "failures", "attempt"].every((field) => numberIn(value, field) !== undefined) &&
    (value.health === "init" || value.health === "ok" || value.health === "firing") &&
    ["lastStart", "lastDuration"].every((field) => value[field] === null || numberIn(value, field) !== undefined) &&
    (value.lastError === null || typeof value.lastError === "string")
  );
}

/** The id of a worker's job, and its name. BullMQ accepts no colon and no plain integer, and Postgres not every character. */
export function jobIdOf(worker: string): string {
  return `worker-${worker.replace(/\p{Surrogate}|\P{Surrogate}+/gu, (part) =>
    isLoneSurrogate(part) ? `%u${part.charCodeAt(0).toString(16)}` : encodeURIComponent(part),
  )}`;
}

function isLoneSurrogate(part: string): boolean {
  return /^\p{Surrogate}$/u.test(part);
}

/** The worker of a job; undefined if the id is not one that {@link jobIdOf} returns. */
export function workerOf(jobId: string): string | undefined {
  try {
    const parts = jobId.replace(/^worker-/, "").split(/%u(d[89a-f][0-9a-f]{2})/);
    return parts
      .map((part, index) => (index % 2 === 0 ? decodeURIComponent(part) : String.fromCharCode(Number.parseInt(part, 16))))
      .join("");
  } catch {
    return undefined;
  }
}
