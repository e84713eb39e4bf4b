import { randomUUID } from "node:crypto";
import type { PgNotification, PgPool } from "bullmq";
import { FleetError } from "../errors/fleet-error.js";
import type { DatabaseClock } from "./database-clock.js";
import { settledWithin } from "./time-limit.js";
import type { WakeUps } from "./wake-ups.js";

/** The channel of all queues of the database. */
const channel = "watchbill";

/** How long, in ms, until a notification has to arrive. */
const notificationTimeout = 2_000;

/** Jobs that are due later than in so many ms are left to the next reconciliations. */
export const horizon = 60_000;

/** The delay, in ms, with which a job is returned: the one thing about it that BullMQ passes to the statement unchanged. */
export const returnDelay = { forAll: 0, forThisReplica: 1 };

export interface NotificationOptions {
  readonly schema: string;
  readonly queue: string;
  readonly clock: DatabaseClock;
  readonly wakeUps: WakeUps;
}

/** A connection to Postgres that can listen. */
interface ListeningClient {
  on(event: "notification", receive: (notification: PgNotification) => void): unknown;
  query(text: string): Promise<unknown>;
}

/**
 * The notifications by which replicas tell each other that they have taken or returned a job. The statements of BullMQ that do so
 * send them along, and are changed for that.
 */
export class Notifications {
  readonly #schema: string;
  readonly #queue: string;
  readonly #clock: DatabaseClock;
  readonly #wakeUps: WakeUps;
  /** Of this replica, as the sender. */
  readonly #id = randomUUID();
  #onOwn = (): void => {};

  constructor({ schema, queue, clock, wakeUps }: NotificationOptions) {
    this.#schema = schema;
    this.#queue = `${schema}.${queue}`;
    this.#clock = clock;
    this.#wakeUps = wakeUps;
  }

  /** Listens on a connection. Resolves with whether notifications arrive: not behind pgbouncer in transaction mode. */
  async listen(client: ListeningClient, pool: PgPool, signal: AbortSignal): Promise<boolean> {
    client.on("notification", this.#receive);
    await client.query(`LISTEN ${channel}`);
    const arrived = new Promise<void>((resolve) => {
      this.#onOwn = resolve;
    });
    await pool.query(`SELECT pg_notify('${channel}', $1)`, [this.#id]);
    return settledWithin(notificationTimeout, arrived, signal);
  }

  readonly #receive = ({ channel: on, payload = "" }: PgNotification): void => {
    if (on !== channel) return;
    const [sender, queue, job, until, isForAll] = payload.split("\n");
    if (sender === this.#id && queue === undefined) this.#onOwn();
    if (queue !== this.#queue || job === undefined || sender === this.#id) return;
    if (until === undefined) this.#wakeUps.taken(job);
    else if (isForAll === "1") this.#wakeUps.add(job, Number(until), true);
    else if (Number(until) < this.#clock.now() + horizon) this.#wakeUps.addOfOthers(job, Number(until));
  };

  /**
   * Lets BullMQ's statement that takes a job notify the other replicas.
   * @throws FleetError if it is not the statement that is known
   */
  ofTaking(statement: string): string {
    const notify = `pg_notify('${channel}', ${this.#payload("taken.id")})`;
    const taking = replaceIn(statement, /SELECT \* FROM move_to_active/, `SELECT taken.*, ${notify} FROM move_to_active`);
    return replaceIn(taking, /;\s*$/, " AS taken");
  }

  /** The same for the statement that returns a job. */
  ofReturning(statement: string): string {
    const isForAll = `($5::bigint = ${returnDelay.forAll})::int`;
    const notify = `pg_notify('${channel}', ${this.#payload("$2::text", "$4::bigint", isForAll)})`;
    return replaceIn(statement, / AS n\b/, ` AS n, ${notify}`);
  }

  /**
   * The sender, the queue, and expressions: for the job and, if it is returned, for when it is due and whether that is for all.
   */
  #payload(...expressions: readonly string[]): string {
    return `concat_ws(E'\\n', '${this.#id}', '${this.#schema}.' || $1::text, ${expressions.join(", ")})`;
  }
}

/** Without the notification, replicas would learn of jobs too late. */
function replaceIn(text: string, part: RegExp, replacement: string): string {
  if (part.test(text)) return text.replace(part, () => replacement);
  throw new FleetError(`A statement of bullmq is not the one that is known: ${text.slice(0, 100)}; install bullmq 6.7`);
}
