import { randomUUID } from "node:crypto";
import {
  assertSchemaCompatibility,
  type BackendFactory,
  type IQueueBackend,
  LATEST_SCHEMA_VERSION,
  type PgNotification,
  type PgPool,
  type PgPoolClient,
  type PgQueryResult,
  PostgresConnection,
  type PostgresConnectionOptions,
  PostgresQueueBackend,
  type QueueBaseOptions,
  runMigrations,
} from "bullmq";
import { FleetError } from "../errors/fleet-error.js";
import { describeError } from "../errors/read-error.js";
import { readArray, readProperty } from "../errors/read-value.js";
import { toError } from "../errors/thrown-value-error.js";
import { type Database, isJobState, type JobSummary, type QueueSnapshot } from "./database.js";
import { DatabaseClock } from "./database-clock.js";
import { delay, settledWithin } from "./time-limit.js";
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

/** Jobs that are due later than in so many ms are left to the next reconciliations. */
const horizon = 60_000;

const everything = `
  SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
         (SELECT json_agg(json_build_array(id, state, CASE state WHEN 'active' THEN locked_until_ms ELSE process_at_ms END)) FROM job WHERE queue = $1) AS jobs,
         (SELECT json_object_agg(field, value) FROM meta WHERE queue = $1) AS meta`;

async function readTime(pool: PgPool): Promise<{ readonly now: number }> {
  const { rows } = await pool.query<{ now: number }>("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now");
  return rows[0] ?? { now: Date.now() };
}

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

/** The channel of the notifications between replicas, for all queues of the database. */
const channel = "watchbill";

/** How long, in ms, until a notification has to arrive. */
const notificationTimeout = 2_000;

/** How often, in ms, to ask for jobs without notifications, and how long until another attempt to listen. */
const pollInterval = 500;
const listenAgainAfter = 1_000;

interface SharedOptions {
  readonly queue: string;
  readonly schema: string;
  readonly migrate: boolean;
  readonly clock: DatabaseClock;
  readonly wakeUps: WakeUps;
}

/** The one connection of the queue and the worker: a pool, and a client that listens. */
class SharedConnection extends PostgresConnection {
  declare readonly pool: PgPool;
  readonly wakeUps: WakeUps;
  readonly #options: SharedOptions;
  readonly #id = randomUUID();
  #isListening = false;
  #isRestoring = false;
  #prepared: Promise<void> | undefined;
  #onPing = (): void => {};
  readonly #closed = new AbortController();

  constructor(connection: PostgresConnectionOptions, options: SharedOptions) {
    super(connection);
    this.#options = options;
    this.wakeUps = options.wakeUps;
    this.pool = observedPool(this.pool, options, this.#id);
    this.on("listenerinvalidated", () => void this.#listenAgain());
  }

  /** Whether it asks for jobs at an interval, as it gets no notifications. */
  get isPolling(): boolean {
    return !this.#isListening;
  }

  override waitUntilReady(): Promise<void> {
    return (this.#prepared ??= this.#prepare());
  }

  async #prepare(): Promise<void> {
    const client = await this.pool.connect().catch((thrown: unknown) => {
      throw refusalOf(thrown) ?? thrown;
    });
    try {
      await prepareSchema(client, this.#options);
    } finally {
      client.release();
    }
    await this.#checkSearchPath();
    await this.#listen();
  }

  /** The functions and tables are found by the search path, which a pooler in transaction mode does not keep. */
  async #checkSearchPath(): Promise<void> {
    const { schema } = this.#options;
    const { rows } = await this.pool.query<{ readonly schema: unknown }>("SELECT current_schema() AS schema");
    if (rows[0]?.schema === schema) return;
    throw new FleetError(
      `The search path does not begin with ${schema}: create the pool with options: "-c search_path=${schema}"; ` +
        `behind pgbouncer in transaction mode, set it for the role: ALTER ROLE … SET search_path = ${schema}`,
    );
  }

  async #listen(): Promise<void> {
    const client = await this.getListenClient();
    client.on("notification", this.#onNotification);
    await client.query(`LISTEN ${channel}`);
    const arrived = new Promise<void>((resolve) => {
      this.#onPing = resolve;
    });
    await this.pool.query(`SELECT pg_notify('${channel}', $1)`, [this.#id]);
    this.#isListening = await settledWithin(notificationTimeout, arrived, this.#closed.signal);
  }

  /** Polls until it listens again. If notifications do not arrive any more, as through another pooler, it goes on polling. */
  async #listenAgain(): Promise<void> {
    const { signal } = this.#closed;
    if (this.#isRestoring) return;
    this.#isRestoring = true;
    this.#isListening = false;
    for (let isRestored = false; !isRestored && !signal.aborted; ) {
      await delay(listenAgainAfter, signal);
      isRestored = await this.#listen().then(
        () => true,
        // The pool reports the same error.
        () => false,
      );
      // What was missed meanwhile.
      this.wakeUps.wake();
    }
    this.#isRestoring = false;
  }

  readonly #onNotification = ({ channel: on, payload = "" }: PgNotification): void => {
    if (on !== channel) return;
    const [sender, queue, job, until, isForAll] = payload.split("\n");
    if (sender === this.#id && queue === undefined) this.#onPing();
    if (queue !== this.#options.queue || job === undefined || sender === this.#id) return;
    if (until === undefined) this.wakeUps.taken(job);
    else if (isForAll === "1") this.wakeUps.add(job, Number(until), true);
    else if (Number(until) < this.#options.clock.now() + horizon) this.wakeUps.addOfOthers(job, Number(until));
  };

  override async close(): Promise<void> {
    this.#closed.abort();
    await super.close();
  }
}

/** Explains why a pooler refuses the connection; undefined for any other error. */
function refusalOf(thrown: unknown): FleetError | undefined {
  const message = describeError(toError(thrown, ""));
  if (!/startup parameter|unsupported.*options/i.test(message)) return undefined;
  return new FleetError(
    "A pooler refuses the startup parameter options, which sets the search path: with pgbouncer, set ignore_startup_parameters = options, and the search path of the role",
  );
}

/** Creates the schema or brings it up to date, if that is necessary and allowed. */
async function prepareSchema(client: PgPoolClient, { schema, migrate }: SharedOptions): Promise<void> {
  // Without a statement that changes it, as a role may not be allowed to.
  const version = await assertSchemaCompatibility(client, schema).catch((thrown: unknown) => {
    if (isAbsence(thrown)) return 0;
    throw thrown;
  });
  if (version >= LATEST_SCHEMA_VERSION) return;
  if (!migrate) {
    throw new FleetError(
      `The schema ${schema} is ${version === 0 ? "missing" : "of an older version of BullMQ"}, and migrate is false: run runMigrations(client, "${schema}") of bullmq as a role that may create it`,
    );
  }
  await runMigrations(client, schema);
}

/** Whether an error means that the schema or its tables do not exist yet. */
function isAbsence(thrown: unknown): boolean {
  const code = readProperty(thrown, "code");
  return code === "3F000" || code === "42P01" || readProperty(thrown, "name") === "SchemaMigrationRequiredError";
}

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

/**
 * A pool that replaces the current time among the parameters of statements, and lets those that take or return a job notify the
 * other replicas.
 */
function observedPool(pool: PgPool, { clock, wakeUps }: SharedOptions, id: string): PgPool {
  const query = async (text: string, parameters: readonly unknown[] = []): Promise<PgQueryResult> => {
    // When the next job is due is known from the notifications.
    if (text.includes("next_signal(")) return { rows: [{ rate_limit_ttl: 0, next_delay: null }] };
    // A lock that was taken with the time before a suspension of the machine would have expired.
    if (clock.isSuspect) await clock.measure(() => readTime(pool));
    if (text.includes("move_to_delayed(")) {
      const [, job, , until, wait] = parameters;
      const notify = `pg_notify('${channel}', ${payload(id, "$2::text", "$4::bigint", "($5::bigint = 0)::int")})`;
      const sent = replaceIn(text, / AS n\b/, ` AS n, ${notify}`);
      const result = await pool.query(sent, parameters);
      // The time is on the database's clock already. Without a delay, it is for all.
      if (typeof job === "string" && typeof until === "number") wakeUps.add(job, until, wait === 0);
      return result;
    }
    const stamped = clock.stamp(parameters);
    if (!text.includes("move_to_active(")) return pool.query(text, stamped);
    const notify = `pg_notify('${channel}', ${payload(id, "taken.id")})`;
    const taken = replaceIn(text, /SELECT \* FROM move_to_active/, `SELECT taken.*, ${notify} FROM move_to_active`);
    const result = await pool.query(replaceIn(taken, /;\s*$/, " AS taken"), stamped);
    for (const row of result.rows) wakeUps.taken(String(readProperty(row, "id")));
    return result;
  };
  return new Proxy(pool, {
    get(target, key) {
      if (key === "query") return query;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/**
 * Changes a statement of BullMQ.
 * @throws FleetError if this version of BullMQ has another one: without the notification, replicas would learn of jobs too late
 */
function replaceIn(text: string, part: RegExp, replacement: string): string {
  if (!part.test(text))
    throw new FleetError(`A statement of bullmq is not the one that is known: ${text.slice(0, 100)}; install bullmq 6.7`);
  return text.replace(part, () => replacement);
}

/**
 * The payload of a notification: the sender, the queue, and expressions for the job and, if it was returned, for when it is due
 * and whether every replica is to ask for it then.
 */
function payload(id: string, ...expressions: readonly string[]): string {
  return `concat_ws(E'\\n', '${id}', $1::text, ${expressions.join(", ")})`;
}
