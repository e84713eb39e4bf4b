import { Named, Repeat, Retry, RetryJob, Timeout, Worker, type WorkerContext } from "watchbill";
import type { Actor, Role } from "./actor.js";
import { doze, fail, hang, patrol, stand, succeed, work } from "./fates.js";
import { backoff, limit } from "./trades.js";

/** What the methods of a crew come to. */
export const duties = {
  listen: { fates: [[patrol, 1]], first: fail, calm: patrol },
  cook: {
    fates: [
      [work, 12],
      [doze, 1],
      [fail, 1],
    ],
    first: fail,
    calm: work,
    limit,
  },
  stoke: {
    fates: [
      [work, 40],
      [fail, 4],
      [hang, 1],
    ],
    first: fail,
    calm: work,
  },
  log: {
    fates: [
      [succeed, 3],
      [fail, 1],
    ],
    first: fail,
    calm: succeed,
  },
} as const satisfies Record<string, Role>;

export type Duty = keyof typeof duties;

/** A class with several workers, each restarted by itself. */
@Named((self: Crew) => self.name)
export class Crew {
  readonly name: string;
  readonly interval: number;
  readonly #actors: Readonly<Record<Duty, Actor>>;

  constructor(name: string, interval: number, actors: Readonly<Record<Duty, Actor>>) {
    this.name = name;
    this.interval = interval;
    this.#actors = actors;
  }

  @Worker
  @Retry(backoff)
  listen(context: WorkerContext) {
    return this.#actors.listen.act(context);
  }

  @Repeat((self: Crew) => self.interval, { startImmediately: true })
  @Timeout(limit)
  @Retry(backoff)
  cook(context: WorkerContext) {
    return this.#actors.cook.act(context);
  }

  @Repeat((self: Crew) => self.interval, { startImmediately: true })
  @Retry(backoff)
  stoke(context: WorkerContext) {
    return this.#actors.stoke.act(context);
  }

  @Repeat((self: Crew) => self.interval, { startImmediately: true })
  @RetryJob({ backoff, maxAttempts: 3 })
  @Retry(backoff)
  log(context: WorkerContext) {
    return this.#actors.log.act(context);
  }
}

/** The same, but restarted together: whenever its listener dies, and when its cook has failed too often. */
@Named((self: Team) => self.name)
@Retry(backoff)
export class Team extends Crew {
  /** It has no retry, so that to return would be to fail. */
  static readonly duties = { ...duties, listen: { fates: [[stand, 1]], calm: stand } } as const satisfies Record<Duty, Role>;

  @Worker
  override listen(context: WorkerContext) {
    return super.listen(context);
  }

  @Repeat((self: Team) => self.interval, { startImmediately: true })
  @Timeout(limit)
  @Retry({ backoff, maxRestarts: 1 })
  override cook(context: WorkerContext) {
    return super.cook(context);
  }
}
