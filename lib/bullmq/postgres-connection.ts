import {
  assertSchemaCompatibility,
  LATEST_SCHEMA_VERSION,
  type PgPool,
  type PgPoolClient,
  type PgQueryResult,
  PostgresConnection,
  type PostgresConnectionOptions,
  runMigrations,
} from "bullmq";
import { FleetError } from "../errors/fleet-error.js";
import { describeError } from "../errors/read-error.js";
import { readProperty } from "../errors/read-value.js";
import { toError } from "../errors/thrown-value-error.js";
import type { DatabaseClock } from "./database-clock.js";
import { type NotificationOptions, Notifications, returnDelay } from "./notifications.js";
import { delay } from "./time-limit.js";
import type { WakeUps } from "./wake-ups.js";

/** How long, in ms, until another attempt to listen. */
const listenAgainAfter = 1_000;

export interface SharedOptions extends NotificationOptions {
  /** Whether to create the schema, or to bring it up to date. */
  readonly migrate: boolean;
}

/** The one connection of the queue and the worker to Postgres: a pool, and a client that listens. */
export class SharedConnection extends PostgresConnection {
  declare readonly pool: PgPool;
  readonly wakeUps: WakeUps;
  readonly #options: SharedOptions;
  readonly #notifications: Notifications;
  #isListening = false;
  #isRestoring = false;
  #prepared: Promise<void> | undefined;
  readonly #closed = new AbortController();

  constructor(connection: PostgresConnectionOptions, options: SharedOptions) {
    super(connection);
    this.#options = options;
    this.wakeUps = options.wakeUps;
    this.#notifications = new Notifications(options);
    this.pool = notifyingPool(this.pool, options, this.#notifications);
    this.on("listenerinvalidated", () => void this.#listenAgain());
  }

  /** Whether it has to ask for jobs at an interval, as it gets no notifications. */
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
      await checkSearchPath(client, this.#options.schema);
      await prepareSchema(client, this.#options);
    } finally {
      client.release();
    }
    await this.#listen();
  }

  async #listen(): Promise<void> {
    const client = await this.getListenClient();
    this.#isListening = await this.#notifications.listen(client, this.pool, this.#closed.signal);
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

/** The functions and tables are found by the search path, which a pooler in transaction mode does not keep. */
async function checkSearchPath(client: PgPoolClient, schema: string): Promise<void> {
  const text = "SELECT current_schema() AS schema, current_setting('search_path') AS path";
  const { rows } = await client.query<{ readonly schema: unknown; readonly path: string }>(text);
  const [first = ""] = rows[0]?.path.split(",") ?? [];
  // The schema may be missing yet.
  if (rows[0]?.schema === schema || first.trim().replaceAll('"', "") === schema) return;
  throw new FleetError(
    `The search path does not begin with ${schema}: create the pool with options: "-c search_path=${schema}"; ` +
      `behind pgbouncer in transaction mode, set it for the role: ALTER ROLE … SET search_path = ${schema}`,
  );
}

/** The code of Postgres for a missing privilege. */
export const notPermitted = "42501";

/** Creates the schema or brings it up to date, if that is necessary and allowed. */
async function prepareSchema(client: PgPoolClient, { schema, migrate }: SharedOptions): Promise<void> {
  // Without a statement that changes it, as a role may not be allowed to.
  const version = await assertSchemaCompatibility(client, schema).catch((thrown: unknown) => {
    if (isAbsence(thrown)) return 0;
    throw thrown;
  });
  if (version >= LATEST_SCHEMA_VERSION) return;
  const problem = `The schema ${schema} is ${version === 0 ? "missing" : "of an older version of BullMQ"}`;
  const cure = `run runMigrations(client, "${schema}") of bullmq as a role that may create it`;
  if (!migrate) throw new FleetError(`${problem}, and migrate is false: ${cure}`);
  try {
    await runMigrations(client, schema);
  } catch (thrown) {
    if (readProperty(thrown, "code") !== notPermitted) throw thrown;
    throw new FleetError(`${problem}, and this role may not change that: ${cure}`, { cause: thrown });
  }
}

/** Whether an error means that the schema or its tables do not exist yet. */
function isAbsence(thrown: unknown): boolean {
  const code = readProperty(thrown, "code");
  return code === "3F000" || code === "42P01" || readProperty(thrown, "name") === "SchemaMigrationRequiredError";
}

const readTime = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now";

/**
 * A pool that replaces the current time among the parameters of BullMQ's statements, and lets those that take or return a job
 * notify the other replicas.
 */
function notifyingPool(pool: PgPool, { clock, wakeUps }: SharedOptions, notifications: Notifications): PgPool {
  const query = async (text: string, parameters: readonly unknown[] = []): Promise<PgQueryResult> => {
    // When the next job is due is known from the notifications.
    if (text.includes("next_signal(")) return { rows: [{ rate_limit_ttl: 0, next_delay: null }] };
    // A lock that was taken with the time before a suspension of the machine would have expired.
    if (clock.isSuspect) await measure(pool, clock);
    if (text.includes("move_to_delayed(")) {
      // The time is on the database's clock already.
      const result = await pool.query(notifications.ofReturning(text), parameters);
      const [, job, , until, wait] = parameters;
      if (typeof job === "string" && typeof until === "number") wakeUps.add(job, until, wait === returnDelay.forAll);
      return result;
    }
    const stamped = clock.stamp(parameters);
    if (!text.includes("move_to_active(")) return pool.query(text, stamped);
    const result = await pool.query(notifications.ofTaking(text), stamped);
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

async function measure(pool: PgPool, clock: DatabaseClock): Promise<void> {
  await clock.measure(async () => {
    const { rows } = await pool.query<{ readonly now: number }>(readTime);
    return rows[0] ?? { now: Date.now() };
  });
}
