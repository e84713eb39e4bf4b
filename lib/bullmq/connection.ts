import { type ConnectionOptions, DEFAULT_SCHEMA, isPgPool, isRedisInstance, type PgPool } from "bullmq";
import { FleetError } from "../errors/fleet-error.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { describeError } from "../errors/read-error.js";
import { readProperty } from "../errors/read-value.js";
import { describeKind } from "../errors/show-value.js";
import { toError } from "../errors/thrown-value-error.js";
import { postgres } from "./postgres.js";
import { type OpenQueue, openQueue, type QueueOptions } from "./queue.js";
import { redis } from "./redis.js";

/** The database that all replicas use. */
export interface Connection {
  /** For messages, without credentials. */
  readonly shown: string;
  readonly secrets: Secrets;
  /** Opens the queue, and begins to connect. */
  open(options: QueueOptions): Promise<OpenQueue>;
}

/** Where the tables and keys of BullMQ are, apart from those of others. */
export interface Storage {
  /** The Postgres schema; undefined for the default. */
  readonly schema: string | undefined;
  readonly migrate: boolean;
  /** The most connections to Postgres. */
  readonly max: number;
  /** Of the keys in Redis. */
  readonly prefix: string;
}

const defaultSchema = "watchbill";

/** How long, in ms, a statement may take, and connecting. */
const databaseTimeout = 10_000;

/**
 * Reads a URL or a client of the user. Does not connect.
 * @throws InvalidArgumentError if it is neither; the message does not repeat the value, which may contain a password
 */
export function parseConnection(connection: unknown, storage: Storage): Connection {
  if (typeof connection === "string") return parseUrl(connection, storage);
  if (typeof connection === "object" && connection !== null) {
    const secrets = secretsOf(connection);
    if (isPool(connection)) {
      // BullMQ's own default, which the search path of a pool that was made for it has.
      const { schema = DEFAULT_SCHEMA, migrate } = storage;
      const open = async (options: QueueOptions): Promise<OpenQueue> =>
        openQueue(postgres({ queue: options.namespace, connection, schema, migrate }), options);
      return { shown: "a pool of pg", secrets, open };
    }
    if (isRedis(connection)) {
      const { prefix } = storage;
      if (readProperty(connection, "isCluster") === true && !/^[^{]*\{[^}]+\}/.test(prefix)) {
        throw new InvalidArgumentError(
          `The connection is a Redis Cluster, whose scripts need all keys in one slot: pass a prefix in braces, such as prefix: "{watchbill}"`,
        );
      }
      return {
        shown: "a client of Redis",
        secrets,
        open: async (options) => openQueue(redis(connection), { ...options, prefix }),
      };
    }
  }
  throw new InvalidArgumentError(
    `The connection is ${describeKind(connection)}: pass a URL such as "redis://localhost" or "postgres://localhost/app", a client of ioredis, or a Pool of pg`,
  );
}

/** Parameters of a URL that are secret. */
const secretParameters = ["password", "sslpassword", "token"];

function parseUrl(text: string, { schema = defaultSchema, migrate, max, prefix }: Storage): Connection {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Without slashes, the rest of the URL is a path. The host of Postgres may be a parameter: the folder of a socket.
  const hasHost = url !== undefined && (url.host !== "" || url.searchParams.has("host"));
  const protocol = hasHost && text.startsWith(`${url.protocol}//`) ? url.protocol : "";
  const values = [url?.password ?? "", ...secretParameters.flatMap((name) => url?.searchParams.getAll(name) ?? [])];
  // The whole URL is a secret only if a part of it is.
  const secrets = new Secrets(values.join("") === "" ? [] : [text, ...values]);
  const common = { shown: secrets.hide(`${protocol}//${url?.host}${url?.pathname}`), secrets };
  if (protocol === "redis:" || protocol === "rediss:") {
    const client = {
      url: text,
      connectTimeout: databaseTimeout,
      retryStrategy: (times: number) => Math.min(times * 200, 2_000),
    };
    return { ...common, open: async (options) => openQueue(redis(client), { ...options, prefix }) };
  }
  if (url !== undefined && (protocol === "postgres:" || protocol === "postgresql:")) {
    // The driver would use those of the URL instead of the search path.
    const startOptions = url.searchParams.getAll("options").join(" ");
    const stripped = new URL(url);
    stripped.searchParams.delete("options");
    const pool = {
      connectionString: startOptions === "" ? text : stripped.href,
      options: startOptions === "" ? undefined : startOptions,
      schema,
      // One more listens.
      max: max - 1,
      keepAlive: true,
      connectionTimeoutMillis: databaseTimeout,
      query_timeout: databaseTimeout,
    };
    const open = async (options: QueueOptions): Promise<OpenQueue> =>
      openQueue(postgres({ queue: options.namespace, connection: pool, schema, migrate }), options);
    return { ...common, open };
  }
  throw new InvalidArgumentError(
    "The connection is not a URL of Redis or Postgres: use one that begins with redis://, rediss:// or postgres://, and has one host",
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

/** The secrets of a client or pool of the user, which its driver may put into an error message. */
function secretsOf(connection: object): Secrets {
  const options = readProperty(connection, "options");
  const found = ["password", "connectionString"].map((key) => readProperty(options, key));
  return new Secrets(found.map((value) => (typeof value === "string" ? value : undefined)));
}

/** Removes credentials from messages about a connection. */
export class Secrets {
  readonly #secrets: readonly string[];

  constructor(secrets: readonly (string | undefined)[]) {
    const known = secrets.filter((secret) => secret !== undefined && secret !== "");
    const forms = known.flatMap((secret = "") => [secret, encodeURIComponent(secret), decoded(secret)]);
    // The longest first: a short secret may be a part of a longer one.
    this.#secrets = [...new Set(forms)].sort((one, other) => other.length - one.length);
  }

  hide(text: string): string {
    return this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
  }

  /** An error with the message of what a driver has thrown, but without its properties, which may hold options and commands. */
  errorOf(problem: string, thrown: unknown): FleetError {
    return new FleetError(this.hide(`${problem}: ${describeError(toError(thrown, ""))}`));
  }
}

function decoded(secret: string): string {
  try {
    return decodeURIComponent(secret);
  } catch {
    return secret;
  }
}
