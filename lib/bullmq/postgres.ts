import {
  type BackendFactory,
  type IQueueBackend,
  type PgPool,
  type PgQueryResult,
  PostgresConnection,
  type PostgresConnectionOptions,
  PostgresQueueBackend,
} from "bullmq";
import { readArray } from "../errors/read-value.js";
import { type Database, isJobState, type JobSummary, type QueueSnapshot } from "./database.js";
import { DatabaseClock } from "./database-clock.js";

/** Postgres, with one pool for all that an open queue does, and one connection that listens. */
export function postgres(options: PostgresConnectionOptions): Database<PostgresConnectionOptions> {
  const clock = new DatabaseClock();
  const connection = new ClockedConnection(options, clock);
  const create: BackendFactory<IQueueBackend, PostgresConnectionOptions> = (name, settings, { withBlockingConnection } = {}) => {
    // The worker closes last: unlike the queue, it waits for its jobs.
    return new PostgresQueueBackend(connection, name, settings, withBlockingConnection === true);
  };
  return {
    connection: options,
    clock,
    isCoarse: false,
    create,
    read: (queue) => clock.measure(() => readQueue(connection.pool, queue)),
    end: () => connection.disconnect(),
  };
}

const everything = `
  SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
         (SELECT json_agg(json_build_array(id, state, process_at_ms)) FROM job WHERE queue = $1) AS jobs,
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
    const [id, state, processAt] = readArray(job) ?? [];
    if (isJobState(state)) found.set(String(id), { state, until: state === "delayed" ? Number(processAt) : 0 });
  }
  return { now, jobs: found, meta: meta ?? {} };
}

class ClockedConnection extends PostgresConnection {
  declare readonly pool: PgPool;

  constructor(options: PostgresConnectionOptions, clock: DatabaseClock) {
    super(options);
    this.pool = clockedPool(this.pool, clock);
  }
}

/** Replaces the current time among the parameters of statements. */
function clockedPool(pool: PgPool, clock: DatabaseClock): PgPool {
  const query = (text: string, parameters: readonly unknown[] = []): Promise<PgQueryResult> => {
    // The time until which a job is delayed is on the database's clock already.
    const isStamped = !text.includes("move_to_delayed(");
    return pool.query(text, isStamped ? clock.stamp(parameters) : parameters);
  };
  return new Proxy(pool, {
    get(target, key) {
      if (key === "query") return query;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
