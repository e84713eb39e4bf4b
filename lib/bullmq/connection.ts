import { type ConnectionOptions, DEFAULT_SCHEMA, isPgPool, isRedisInstance, type PgPool, runMigrations } from "bullmq";
import { FleetError } from "../errors/fleet-error.js";
import { describeKind, readProperty } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { postgres, redis } from "./database.js";
import { type OpenQueue, type OpenTerms, openQueue } from "./open-queue.js";
import { Secrets } from "./secrets.js";

/** Where a fleet meets. */
export interface Connection {
  /** For people, without credentials. */
  readonly shown: string;
  readonly secrets: Secrets;
  /** Opens the queue, as far as that goes without a connection. */
  open(terms: OpenTerms): Promise<OpenQueue>;
}

/** Apart from what others keep in the same database. */
const apart = "watchbill";

/** How long, in ms, a statement may take, and a connection to be made, before it has failed. */
const patience = 10_000;

/**
 * The connection that a URL or a ready client stands for. Connects to nothing.
 * @throws InvalidArgumentError if it is neither; what was given is not shown, as there may be a password in it
 */
export function parseConnection(connection: unknown): Connection {
  if (typeof connection === "string") return ofUrl(connection);
  if (typeof connection === "object" && connection !== null) {
    const secrets = secretsOf(connection);
    if (isPool(connection)) {
      const open = async (terms: OpenTerms): Promise<OpenQueue> => {
        await migrate(connection);
        return openQueue(postgres(connection), terms);
      };
      return { shown: "a pool of pg", secrets, open };
    }
    if (isRedis(connection)) {
      return {
        shown: "a client of Redis",
        secrets,
        open: async (terms) => openQueue(redis(connection), terms),
      };
    }
  }
  throw new InvalidArgumentError(
    `The connection is ${describeKind(connection)}: pass a URL such as "redis://localhost" or "postgres://localhost/app", a client of ioredis, or a Pool of pg`,
  );
}

function ofUrl(text: string): Connection {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Without slashes, and so without a host, whatever is in it is a path.
  const protocol = url !== undefined && url.host !== "" && text.startsWith(`${url.protocol}//`) ? url.protocol : "";
  const values = [url?.password ?? "", ...(url?.searchParams.values() ?? [])];
  // The whole is not secret if nothing in it is.
  const secrets = new Secrets(values.join("") === "" ? [] : [text, ...values]);
  const common = { shown: secrets.hide(`${protocol}//${url?.host}${url?.pathname}`), secrets };
  if (protocol === "redis:" || protocol === "rediss:") {
    const options = { url: text, connectTimeout: patience, retryStrategy: (times: number) => Math.min(times * 200, 2_000) };
    return { ...common, open: async (terms) => openQueue(redis(options), terms) };
  }
  if (protocol === "postgres:" || protocol === "postgresql:") {
    const options = {
      connectionString: text,
      schema: apart,
      migrate: true,
      max: 4,
      keepAlive: true,
      connectionTimeoutMillis: patience,
      query_timeout: patience,
    };
    return { ...common, open: async (terms) => openQueue(postgres(options), terms) };
  }
  throw new InvalidArgumentError(
    "The connection is no URL of a database that a fleet can meet in: give one that begins with redis://, rediss:// or postgres://",
  );
}

function isRedis(connection: object): connection is ConnectionOptions {
  try {
    return isRedisInstance(connection);
  } catch {
    return false;
  }
}

function isPool(connection: object): connection is PgPool {
  try {
    return isPgPool(connection);
  } catch {
    return false;
  }
}

/** What must not be shown of a client or a pool that was made elsewhere: its drivers may put it into an error. */
function secretsOf(connection: object): Secrets {
  const options = readProperty(connection, "options");
  const found = ["password", "connectionString"].map((key) => readProperty(options, key));
  return new Secrets(found.map((value) => (typeof value === "string" ? value : undefined)));
}

/** A pool that is given has its own search path, which is to lead to what BullMQ keeps. */
async function migrate(pool: PgPool): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations(client, DEFAULT_SCHEMA);
    const { rows } = await client.query<{ schema: unknown }>("SELECT current_schema() AS schema");
    if (rows[0]?.schema === DEFAULT_SCHEMA) return;
  } finally {
    client.release();
  }
  throw new FleetError(
    `The pool does not look for tables in the schema ${DEFAULT_SCHEMA} first: make it with options: "-c search_path=${DEFAULT_SCHEMA}", or give a URL`,
  );
}
