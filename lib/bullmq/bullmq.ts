import type { Engine } from "../distributed/engine.js";
import { checkOptions } from "../errors/check-options.js";
import { describeKind } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { type Duration, parseOption } from "../timers/duration.js";
import { parseConnection } from "./connection.js";
import { Fleet } from "./fleet.js";

export interface BullMQOptions {
  /**
   * Where the replicas meet: a URL that begins with `redis://`, `rediss://` or `postgres://`, or a ready client of `ioredis` or pool of `pg`,
   * which stays yours to close. A pool needs room for two connections more, and `options: "-c search_path=bullmq"`; a client of
   * ioredis needs `maxRetriesPerRequest: null`.
   */
  readonly connection: string | ReadyConnection;
  /** What the fleet is called, the same in all replicas. It is the name of the queue, and keeps fleets in one database apart. */
  readonly namespace: string;
  /**
   * How long a replica that has died holds its workers, and how long the event loop of one that lives may be busy: a turn is given
   * up after four fifths of it without a renewal. 30 s by default, at least 1 s.
   */
  readonly lockDuration?: Duration | undefined;
  /** How often is looked for locks that have run out. 5 s by default, at least 100 ms. */
  readonly stalledInterval?: Duration | undefined;
}

/** A client that is connected or will be, by its shape: of `ioredis`, or a pool of `pg`. */
export interface ReadyConnection {
  connect(...args: never[]): unknown;
}

/**
 * An engine that runs distributed workers on BullMQ, over Redis or Postgres: give the same to `bootstrap` in each replica.
 *
 * Each worker is one durable job. In the whole fleet one process has it at a time; whoever waits holds nothing. When its holder
 * stops, another has it at once; when it dies, within `lockDuration` and two of `stalledInterval`, and over Redis some seconds more if
 * the one that died was to be woken for it. Delivery is at least
 * once: a run that was cut short is repeated. As long as the database is away, the distributed workers that have no turn wait, and
 * all others go on. Nothing that is logged or thrown carries credentials.
 *
 * Install `bullmq` and `ioredis` or `pg` beside it.
 * @throws InvalidArgumentError if an option is malformed
 * @see {@link https://docs.bullmq.io}
 */
export function bullmq(options: BullMQOptions): Engine {
  const { connection, namespace, lockDuration = "30s", stalledInterval = "5s" } = checkOptions("bullmq", options, known);
  return new Fleet({
    connection: parseConnection(connection),
    namespace: parseNamespace(namespace),
    lockDuration: parseAtLeast("lockDuration", lockDuration, 1_000),
    stalledInterval: parseAtLeast("stalledInterval", stalledInterval, 100),
  });
}

const known = ["connection", "namespace", "lockDuration", "stalledInterval"] satisfies (keyof BullMQOptions)[];

/** What it is instead is not shown: a string with a colon may be the connection's URL. */
function parseNamespace(namespace: unknown): string {
  const isText = typeof namespace === "string";
  if (isText && namespace.trim() !== "" && !namespace.includes(":")) return namespace;
  const what = isText ? (namespace.includes(":") ? "a string with a colon" : "an empty string") : describeKind(namespace);
  throw new InvalidArgumentError(
    `The namespace is ${what}: pass a string without a colon that names the fleet, such as "billing"`,
  );
}

function parseAtLeast(option: string, duration: unknown, least: number): number {
  const ms = parseOption(option, duration);
  if (ms >= least) return ms;
  throw new InvalidArgumentError(`${option} is ${ms} ms: give at least ${least} ms, as an event loop may be busy`);
}
