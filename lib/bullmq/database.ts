import type { BackendFactory, IQueueBackend } from "bullmq";
import type { DatabaseClock } from "./database-clock.js";

/** All states that a job can be in. */
export type JobState = "active" | "delayed" | "waiting" | "failed" | "completed";

/** A job, as the lists of the database show it, without its record. */
export interface JobSummary {
  readonly state: JobState;
  /**
   * When the delay of a delayed job ends, or the lock of an active one expires, on the database's clock; 0 if it has no lock,
   * and of all others.
   */
  readonly until: number;
}

/** The whole queue at one moment. */
export interface QueueSnapshot {
  /** On the database's clock. */
  readonly now: number;
  /** By the id of the job. */
  readonly jobs: ReadonlyMap<string, JobSummary>;
  /** The metadata of the queue. */
  readonly meta: Readonly<Record<string, string>>;
}

/** A job that is delayed until a time on the database's clock. */
export interface DelayedJob {
  readonly jobId: string;
  /** Of its lock. */
  readonly token: string;
  readonly until: number;
  /** Whether each replica is to ask for it then, and not only this one. */
  readonly isForAll: boolean;
  readonly fieldsToUpdate: Readonly<Record<string, string>>;
}

/** Creates the BullMQ backends of one open queue, and ends their connections. */
export interface Database<Options> {
  readonly connection: Options;
  readonly clock: DatabaseClock;
  /** Its backends pass the time of the database, where BullMQ passes that of this process. */
  readonly create: BackendFactory<IQueueBackend, Options>;
  /**
   * Whether jobs may become available some 100 ms after they are due: on Redis, BullMQ checks delayed jobs ten times a second.
   */
  readonly isCoarse: boolean;
  /** Reads the whole queue. */
  read(queue: string): Promise<QueueSnapshot>;
  /** Delays a job that is locked, and writes fields of it, at once. */
  handBack(backend: IQueueBackend, job: DelayedJob): Promise<void>;
  /** Asks for jobs now: one is available that the database does not announce. */
  wake(): void;
  /** Called with the number of jobs that this replica runs. */
  setRunning(count: number): void;
  /** What the log adds about the connection, once it is made: a clause. */
  readonly remark: string | undefined;
  /** Ends all connections that were made here, also those that BullMQ opens later, but not a client or pool of the user. */
  end(): Promise<void>;
}

export function isJobState(state: unknown): state is JobState {
  return typeof state === "string" && ["active", "delayed", "waiting", "failed", "completed"].includes(state);
}
