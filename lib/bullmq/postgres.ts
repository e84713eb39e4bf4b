import {
  type BackendFactory,
  type IQueueBackend,
  type PgPool,
  type PostgresConnectionOptions,
  PostgresQueueBackend,
  type QueueBaseOptions,
} from "bullmq";
import { readArray } from "../errors/read-value.js";
import { type Database, isJobState, type JobSummary, type QueueSnapshot } from "./database.js";
import { DatabaseClock } from "./database-clock.js";
import { horizon, returnDelay } from "./notifications.js";
import { SharedConnection } from "./postgres-connection.js";
import { WakeUps } from "./wake-ups.js";

export interface PostgresOptions {
  /** The name of the queue. */
  readonly queue: string;
  /** A pool of the user, or the options of one. */
  readonly connection: PostgresConnectionOptions;
  /** The schema with BullMQ's tables. */
  readonly schema: string;
  /** Whether to create the schema, or to bring it up to date. */
  readonly migrate: boolean;
}

/**
 * Postgres, with one pool for all that an open queue does, and one connection that listens.
 *
 * BullMQ's own way to wait for jobs is replaced by {@link WakeUps}. What these have to know of the other replicas comes as
 * notifications, which the statements that take and return jobs send along.
 */
export function postgres({ queue, connection, schema, migrate }: PostgresOptions): Database<PostgresConnectionOptions> {
  const clock = new DatabaseClock();
  const wakeUps = new WakeUps(clock);
  const shared = new SharedConnection(connection, { queue, schema, migrate, clock, wakeUps });
  const create: BackendFactory<IQueueBackend, PostgresConnectionOptions> = (name, settings, { withBlockingConnection } = {}) =>
    // The worker closes last: unlike the queue, it waits for its jobs.
    new WakingBackend(shared, name, settings, withBlockingConnection === true);
  return {
    connection,
    clock,
    isCoarse: false,
    create,
    async read() {
      const snapshot = await clock.measure(() => readQueue(shared.pool, queue));
      for (const [job, due] of duesOf(snapshot)) wakeUps.addStored(job, due);
      return snapshot;
    },
    async handBack(backend, { jobId, token, until, isForAll, fieldsToUpdate }) {
      const wait = isForAll ? returnDelay.forAll : returnDelay.forThisReplica;
      await backend.moveToDelayed(jobId, until - wait, wait, token, { skipAttempt: true, fieldsToUpdate });
    },
    wake: () => wakeUps.wake(),
    setRunning: (count) => wakeUps.setRunning(count),
    get remark() {
      return shared.isPolling
        ? "it delivers no notifications, as behind pgbouncer in transaction mode; asking for due jobs twice a second"
        : undefined;
    },
    async end() {
      wakeUps.close();
      await shared.disconnect();
    },
  };
}

/** The jobs that no replica has, and when they are due, if that is soon. */
function duesOf({ now, jobs }: QueueSnapshot): (readonly [job: string, due: number])[] {
  return [...jobs].flatMap(([job, { state, until }]) => {
    if (state === "waiting") return [[job, now]];
    return state === "delayed" && until < now + horizon ? [[job, until]] : [];
  });
}

const everything = `
  SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
         (SELECT json_agg(json_build_array(id, state, CASE state WHEN 'active' THEN locked_until_ms ELSE process_at_ms END)) FROM job WHERE queue = $1) AS jobs,
         (SELECT json_object_agg(field, value) FROM meta WHERE queue = $1) AS meta`;

interface QueueRow {
  readonly now: number;
  /** With an element of three for each job; null if there are none. */
  readonly jobs: unknown;
  readonly meta: Readonly<Record<string, string>> | null;
}

async function readQueue(pool: PgPool, queue: string): Promise<QueueSnapshot> {
  const { rows } = await pool.query<QueueRow>(everything, [queue]);
  const { now, jobs, meta } = rows[0] ?? { now: Date.now(), jobs: null, meta: null };
  const found = new Map<string, JobSummary>();
  for (const job of readArray(jobs) ?? []) {
    const [id, state, until] = readArray(job) ?? [];
    if (!isJobState(state)) continue;
    found.set(String(id), { state, until: state === "delayed" || state === "active" ? Number(until ?? 0) : 0 });
  }
  return { now, jobs: found, meta: meta ?? {} };
}

/** How often, in ms, to ask for jobs without notifications. */
const pollInterval = 500;

/** Waits for jobs by {@link WakeUps}. */
class WakingBackend extends PostgresQueueBackend {
  readonly #shared: SharedConnection;
  #isDisconnected = false;

  constructor(shared: SharedConnection, name: string, settings: QueueBaseOptions<PostgresConnectionOptions>, isOwner: boolean) {
    super(shared, name, settings, isOwner);
    this.#shared = shared;
  }

  /** BullMQ asks for jobs after each wait, whatever it returns. */
  override async waitForJob(seconds: number): Promise<null> {
    const ms = this.#shared.isPolling ? Math.min(pollInterval, seconds * 1_000) : seconds * 1_000;
    if (this.closing === undefined && !this.#isDisconnected) await this.#shared.wakeUps.wait(ms);
    return null;
  }

  override async disconnectBlocking(): Promise<void> {
    this.#isDisconnected = true;
    this.#shared.wakeUps.wake();
  }

  override async reconnectBlocking(): Promise<void> {
    this.#isDisconnected = false;
  }
}
