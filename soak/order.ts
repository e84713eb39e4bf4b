import type { Fleet } from "./fleet.js";
import type { Ledger } from "./ledger.js";
import type { Post } from "./post.js";
import { refusalFault } from "./refusal.js";

export type Verb = "trigger" | "pause" | "resume" | "restart" | "remove";

/** How long an order may take that stops a worker, and any other, in ms on the clock of the event loop. */
const patience = { toStop: 3_000, any: 12_000 };

/** One order to one worker: what is known when it is given, and whether its answer is one that there may be. */
export class Order {
  readonly verb: Verb;
  readonly post: Post;
  /** Others than this one may be why it is refused. */
  readonly wasContested: boolean;
  readonly #fleet: Fleet;
  readonly #ledger: Ledger;
  readonly #number: number;
  readonly #givenAt: number;
  readonly #pausedBefore: number;
  /** When it was given: how many runs there had been, how many had failed, and whether one was under way. */
  readonly #before: { readonly runs: number; readonly failed: number; readonly isRunning: boolean };

  constructor(verb: Verb, post: Post, fleet: Fleet, ledger: Ledger) {
    this.verb = verb;
    this.post = post;
    this.#fleet = fleet;
    this.#ledger = ledger;
    this.wasContested = post.open > 0 || post.isTold;
    this.#number = ++post.orders;
    this.#givenAt = ledger.clock.now;
    this.#pausedBefore = post.toPauseSince;
    this.#before = { runs: post.total, failed: post.failed, isRunning: post.isRunning };
    post.open++;
    // Also a trigger: it runs one that is paused.
    post.hold(false);
    post.beat();
    if (verb !== "trigger") this.#note();
  }

  /** Whether it has the worker stopped, which must not take longer than its shutdown timeout. */
  get stops(): boolean {
    return this.verb === "restart" || this.verb === "remove" || (this.verb === "pause" && this.post.isContinuous);
  }

  get isLatest(): boolean {
    return this.post.orders === this.#number;
  }

  #note(): void {
    const { post, verb } = this;
    post.toPauseSince = verb === "pause" ? this.#givenAt : Number.POSITIVE_INFINITY;
    if (this.stops) post.tell();
    if (verb !== "remove") return;
    post.state = "leaving";
    post.leftAt = this.#givenAt;
  }

  /** Gives it to the runner. */
  give(): Promise<void> | void {
    return this.#fleet.runner[this.verb](this.post.name);
  }

  /** Why it should have been answered by now. */
  get lateness(): string | undefined {
    const limit = this.stops ? patience.toStop : patience.any;
    const took = this.#ledger.clock.now - this.#givenAt;
    if (took <= limit) return undefined;
    return `${this.shown} has taken ${Math.round(took)} ms of the event loop's time${this.stops ? ", and nobody was named as hung" : ""}`;
  }

  /** It is said to have been carried out. Returns what is wrong with that. */
  granted(): string | undefined {
    const { verb, post } = this;
    post.open--;
    if (this.lateness !== undefined) return this.lateness;
    if (verb === "trigger") return this.#isServed ? undefined : `${this.shown} was granted without a run that succeeded`;
    if (verb === "remove") {
      post.state = "gone";
      if (this.#fleet.runner.workers.some(({ name }) => name === post.name))
        return `${this.shown} was granted, and it is still there`;
    }
    if (!this.isLatest || (verb !== "pause" && verb !== "remove")) return undefined;
    if (post.isRunning) return `${this.shown} was granted while a run of it was under way`;
    post.hold(true);
    return undefined;
  }

  /** Whether there has been a run since that may have succeeded; the one that was under way does not count. */
  get #isServed(): boolean {
    const { runs, failed, isRunning } = this.#before;
    return this.post.total - runs > this.post.failed - failed - (isRunning ? 1 : 0);
  }

  /** It is refused. Returns what is wrong with that. */
  refused(error: unknown): string | undefined {
    this.post.open--;
    // A restart that is refused ends no pause. If something else has ended it, the relief has it end once more.
    if (this.verb === "restart") this.post.toPauseSince = Math.min(this.post.toPauseSince, this.#pausedBefore);
    return this.lateness ?? refusalFault(this, error, this.#ledger);
  }

  /** For a message. */
  get shown(): string {
    return `${this.verb}(${this.post.name})`;
  }
}
