import { ExponentialBackoff } from "../backoff/exponential-backoff.js";
import { named } from "../chain/named.js";
import { retry } from "../chain/retry.js";
import type { Engine, Participant, Registration } from "../distributed/engine.js";
import { FleetError } from "../errors/fleet-error.js";
import type { Logger } from "../runtime/logger.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { runAllWorkers } from "../supervision/run-all.js";
import { Membership, type MembershipOptions } from "./membership.js";
import { settledWithin } from "./within.js";

/** How long, in ms, one waits for a worker to be handed back and for the connection to be closed: less, if it is known to be cut. */
const patience = { usual: 5_000, away: 1_000 };

const reconnecting = new ExponentialBackoff({ initial: "500ms", max: "5s", jitterProportion: 0.3 });

/**
 * The workers of this process that belong to a fleet. As long as there are any, it is connected with the others, and that is
 * itself a worker under a retry.
 */
export class Fleet implements Engine {
  readonly #namespace: string;
  readonly #seats = new Map<string, Participant>();
  readonly #membership: Membership;
  #stop = new AbortController();
  #service: Promise<void> | undefined;
  /** Settles when the last service has ended. */
  #ended = Promise.resolve();

  constructor(options: MembershipOptions) {
    this.#namespace = options.namespace;
    this.#membership = new Membership(options, this.#seats);
  }

  join(seat: Participant): Registration {
    const { name } = seat;
    if (name === "") throw new FleetError(`A worker without a name cannot take part in the fleet ${this.#namespace}: name it`);
    if (/\p{Surrogate}/u.test(name)) {
      throw new FleetError(
        `A worker of the fleet ${this.#namespace} has a name that is not well-formed Unicode: name it without lone surrogates`,
      );
    }
    if (this.#seats.has(name)) {
      throw new FleetError(
        `${name} takes part in the fleet ${this.#namespace} already: one process has one worker of that name, so give the engine to one runner`,
      );
    }
    this.#seats.set(name, seat);
    this.#service ??= this.#serve(seat.logger);
    this.#membership.seatsHaveChanged();
    return {
      hurry: () => this.#membership.hurry(name),
      leave: () => this.#leave(seat),
      abandon: () => {
        this.#forget(seat);
        if (this.#seats.size === 0) void this.#end();
      },
    };
  }

  async #serve(logger: Logger): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    await this.#ended;
    const connected = retry(named(this.#membership.uphold, `fleet ${this.#namespace}`), reconnecting);
    try {
      await runAllWorkers([connected], { signal: stop.signal, logger });
    } catch (err) {
      new WorkerLogger(logger, "").error({ err }, "the fleet is given up");
    }
  }

  async #leave(seat: Participant): Promise<void> {
    const over = this.#membership.turnOver(seat.name);
    this.#forget(seat);
    // What is not handed back by then is had by others once its lock is over.
    await settledWithin(this.#membership.isAway ? patience.away : patience.usual, over);
    if (this.#seats.size === 0) await this.#end();
  }

  #forget(seat: Participant): void {
    if (this.#seats.get(seat.name) !== seat) return;
    this.#seats.delete(seat.name);
    this.#membership.seatsHaveChanged();
  }

  async #end(): Promise<void> {
    if (this.#service !== undefined) this.#ended = this.#service;
    this.#service = undefined;
    this.#stop.abort();
    await settledWithin(patience.usual, this.#ended);
  }
}
