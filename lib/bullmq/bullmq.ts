import { ExponentialBackoff } from "../backoff/exponential-backoff.js";
import { named } from "../chain/named.js";
import { retry } from "../chain/retry.js";
import type { Engine, Participant, Registration } from "../distributed/engine.js";
import { checkOptions } from "../errors/check-options.js";
import { FleetError } from "../errors/fleet-error.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { listNames } from "../errors/list-names.js";
import { describeKind, showUnlessText } from "../errors/show-value.js";
import type { Logger } from "../runtime/logger.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { runAllWorkers } from "../supervision/run-all.js";
import { type Duration, parseOption } from "../timers/duration.js";
import { BullmqCoordinator, type CoordinatorOptions } from "./bullmq-coordinator.js";
import { parseConnection, type Storage } from "./connection.js";
import { settledWithin } from "./time-limit.js";
import { jobIdOf } from "./worker-record.js";

export interface BullMQOptions {
  /**
   * The database that all replicas use: a URL that begins with `redis://`, `rediss://` or `postgres://`, or a client of
   * `ioredis` or pool of `pg`, which the engine does not close. A pool needs room for two more connections, and a search path
   * that begins with its schema, `options: "-c search_path=bullmq"`; an ioredis client needs `maxRetriesPerRequest: null`.
   */
  readonly connection: string | ReadyConnection;
  /** The name of the service, the same on all replicas. It names the queue, and keeps services that share a database apart. */
  readonly namespace: string;
  /**
   * How long the lock on a worker lasts without a renewal: the time that a dead replica keeps its workers. A live replica that
   * cannot renew a lock, because its event loop is blocked or the database is away, aborts the run after four fifths of it. 30
   * s by default, at least 1 s.
   */
  readonly lockDuration?: Duration | undefined;
  /** How often to check for expired locks. 5 s by default, at least 100 ms. */
  readonly stalledInterval?: Duration | undefined;
  /**
   * The Postgres schema with the tables, the same on all replicas: `"watchbill"` by default, and `"bullmq"` for a pool of yours.
   * Services with separate roles in one database need one each.
   */
  readonly schema?: string | undefined;
  /**
   * Whether to create the schema, or to bring it up to date, which needs a role that may. `true` by default. Nothing is changed,
   * and no right to change is needed, if the schema is up to date.
   */
  readonly migrate?: boolean | undefined;
  /** The most connections of a replica to Postgres, without effect on a pool of yours. 4 by default, at least 2. */
  readonly max?: number | undefined;
  /** The prefix of all keys in Redis: `"watchbill"` by default. For a Redis Cluster, in braces: `"{watchbill}"`. */
  readonly prefix?: string | undefined;
}

/** An ioredis client or a `pg` pool, recognised by its shape; it need not be connected yet. */
export interface ReadyConnection {
  connect(...args: never[]): unknown;
}

/**
 * Returns an engine that runs distributed workers on BullMQ, over Redis or Postgres. Pass the same options to `bootstrap` on
 * each replica.
 *
 * Each worker is one durable job, which one process at a time has locked; a replica that waits holds nothing. When a replica
 * stops, another replica takes over its workers at once. If a replica dies, its workers move to another replica when their
 * locks expire: within `lockDuration` plus two `stalledInterval`s, and over Redis some seconds more if the dead replica was to
 * be woken for them.
 *
 * Delivery is at least once: a run that is cut short is repeated. While the database cannot be reached, distributed workers
 * that are not running wait; other workers are not affected. Log lines and errors never contain credentials.
 *
 * Requires the packages `bullmq` and `ioredis` or `pg`.
 * @throws InvalidArgumentError if an option is malformed
 * @see {@link https://docs.bullmq.io}
 */
export function bullmq(options: BullMQOptions): Engine {
  const given = checkOptions("bullmq", options, known);
  const { connection, namespace, lockDuration = "30s", stalledInterval = "5s" } = given;
  return new BullmqEngine({
    connection: parseConnection(connection, parseStorage({ ...given })),
    namespace: parseNamespace(namespace),
    lockDuration: parseAtLeast("lockDuration", lockDuration, 1_000),
    stalledInterval: parseAtLeast("stalledInterval", stalledInterval, 100),
  });
}

const known = [
  "connection",
  "namespace",
  "lockDuration",
  "stalledInterval",
  "schema",
  "migrate",
  "max",
  "prefix",
] satisfies (keyof BullMQOptions)[];

function parseStorage({ schema, migrate = true, max = 4, prefix = "watchbill" }: Readonly<Record<string, unknown>>): Storage {
  if (schema !== undefined && (typeof schema !== "string" || !/^(?!pg_)[a-z_][a-z0-9_]{0,62}$/.test(schema))) {
    throw new InvalidArgumentError(
      `schema is ${showUnlessText(schema)}: pass small letters, digits and underscores, without pg_ in front, such as "billing"`,
    );
  }
  if (typeof migrate !== "boolean") throw new InvalidArgumentError(`migrate is ${showUnlessText(migrate)}: pass true or false`);
  if (typeof max !== "number" || !Number.isInteger(max) || max < 2) {
    throw new InvalidArgumentError(`max is ${showUnlessText(max)}: pass a whole number, 2 or more`);
  }
  if (typeof prefix !== "string" || !isPlain(prefix)) {
    throw new InvalidArgumentError(
      `prefix is ${showUnlessText(prefix)}: pass a string of up to 200 characters, none of them a control character, such as "watchbill"`,
    );
  }
  return { schema, migrate, max, prefix };
}

/** The message does not repeat the value: a string with a colon may be the URL of the connection. */
function parseNamespace(namespace: unknown): string {
  const isText = typeof namespace === "string";
  if (isText && isPlain(namespace) && !namespace.includes(":")) return namespace;
  throw new InvalidArgumentError(
    `The namespace is ${isText ? problemOfNamespace(namespace) : describeKind(namespace)}: pass a string without a colon that names the service, such as "billing"`,
  );
}

function problemOfNamespace(namespace: string): string {
  if (namespace.trim() === "") return "an empty string";
  return namespace.includes(":") ? "a string with a colon" : "a string that is long or has control characters";
}

/** Whether both databases can store a text as part of a name. */
function isPlain(text: string): boolean {
  return text.trim() !== "" && text.length <= 200 && !/[\p{Surrogate}\p{Control}]/u.test(text);
}

function parseAtLeast(option: string, duration: unknown, least: number): number {
  const ms = parseOption(option, duration);
  if (ms >= least) return ms;
  throw new InvalidArgumentError(`${option} is ${ms} ms: use at least ${least} ms, as an event loop may be blocked that long`);
}

/**
 * How long, in ms, to wait until a worker is handed back and until the connection is closed; less if the database is known to
 * be away.
 */
const leaveTimeout = { usual: 5_000, away: 1_000 };

const reconnectBackoff = new ExponentialBackoff({ initial: "500ms", max: "5s", jitterProportion: 0.3 });

/**
 * The distributed workers of this process. While there is at least one, a {@link BullmqCoordinator} is connected to the
 * database; it is itself a worker under a retry, named `fleet <namespace>`.
 */
export class BullmqEngine implements Engine {
  readonly #namespace: string;
  readonly #participants = new Map<string, Participant>();
  readonly #coordinator: BullmqCoordinator;
  #stop = new AbortController();
  #running: Promise<void> | undefined;
  /** Settles when the coordinator that ran last has ended. */
  #ended = Promise.resolve();

  constructor(options: CoordinatorOptions) {
    this.#namespace = options.namespace;
    this.#coordinator = new BullmqCoordinator(options, this.#participants);
  }

  join(participant: Participant): Registration {
    const { name } = participant;
    this.#checkName(name);
    this.#participants.set(name, participant);
    this.#running ??= this.#run(participant.logger);
    this.#coordinator.joined(participant);
    return {
      requestRun: () => this.#coordinator.requestRun(name),
      setPause: (pause) => this.#coordinator.setPause(name, pause),
      whenIdle: () => this.#coordinator.whenIdle(name),
      requestRestart: () => this.#coordinator.requestRestart(name),
      leave: () => this.#leave(participant),
      release: () => {
        this.#remove(participant);
        if (this.#participants.size === 0) void this.#end();
      },
    };
  }

  #checkName(name: string): void {
    if (name === "") throw new FleetError(`A distributed worker of ${this.#namespace} has no name: name it`);
    if (jobIdOf(name).length > longestId) {
      throw new FleetError(
        `A distributed worker of ${this.#namespace} has a name that is longer than ${longestId} characters when it is encoded: name it shorter`,
      );
    }
    if (this.#participants.has(name)) {
      throw new FleetError(
        `${name} has already joined ${this.#namespace} in this process: use a unique name, and pass the engine to one runner only`,
      );
    }
  }

  async #run(logger: Logger): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    await this.#ended;
    const coordinator = retry(named(this.#coordinator.run, `fleet ${this.#namespace}`), reconnectBackoff);
    try {
      await runAllWorkers([coordinator], { signal: stop.signal, logger });
    } catch (err) {
      new WorkerLogger(logger, "").error({ err }, "stopped connecting to the database of the distributed workers");
    }
    const unstored = this.#coordinator.unstoredCommands;
    if (unstored.length > 0)
      new WorkerLogger(logger, "").error(
        `stopped before pauses and restarts could be stored, which other replicas do not know of: ${listNames(unstored)}`,
      );
  }

  async #leave(participant: Participant): Promise<void> {
    const handedBack = this.#coordinator.handedBack(participant.name);
    this.#remove(participant);
    // A worker that is not handed back by then moves to another replica when its lock expires.
    await settledWithin(this.#coordinator.isAway ? leaveTimeout.away : leaveTimeout.usual, handedBack);
    if (this.#participants.size === 0) await this.#end();
  }

  #remove(participant: Participant): void {
    if (this.#participants.get(participant.name) !== participant) return;
    this.#participants.delete(participant.name);
    this.#coordinator.onParticipantsChanged();
  }

  async #end(): Promise<void> {
    if (this.#running !== undefined) this.#ended = this.#running;
    this.#running = undefined;
    this.#stop.abort();
    await settledWithin(leaveTimeout.usual, this.#ended);
  }
}

/** The longest id of a job: an index of Postgres limits it. */
const longestId = 1_000;
