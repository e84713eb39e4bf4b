import { type Activity, isFailure, type Outcome, type Startable } from "../context/activity.js";
import { Context } from "../context/context.js";
import type { Logger } from "../context/logger.js";
import { onAbort } from "../context/on-abort.js";
import type { Runs } from "../context/runs.js";
import { Scope } from "../context/scope.js";
import { stderrLogger } from "../context/stderr-logger.js";
import type { WorkerContext } from "../context/worker-context.js";

/** Where something runs, as the caller of a public function gives it: a {@link WorkerContext}, or as little of one as there is. */
export interface RunOptions {
  /** Aborts what runs. */
  readonly signal?: AbortSignal | undefined;
  /** By default one that writes readable lines to stderr. */
  readonly logger?: Logger | undefined;
}

/**
 * Runs a link from outside the tree and promises its outcome: resolves when it is done or has been stopped, rejects with its
 * error.
 *
 * The context may be one of ours, and the link then becomes a part of that worker: it is named after it, aborted with it and
 * reports its runs to it. Any other object that has a signal serves as well.
 */
export function runUnder(context: RunOptions, link: Startable): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const bridge = new Bridge(context, link, (outcome) => {
      if (isFailure(outcome)) reject(outcome);
      else resolve(outcome);
    });
    bridge.begin();
  });
}

/** The root of a tree: what looks upwards from below ends here, at the caller's context. */
export class Bridge extends Scope {
  readonly #context: RunOptions & Partial<Omit<WorkerContext, keyof RunOptions>>;
  /** The worker that runs this, if the context is one of ours. */
  readonly #outer: Activity | undefined;
  readonly #link: Startable;
  readonly #done: (outcome: Outcome) => void;
  readonly #defaultLogger: Logger;
  #callOff: (() => void) | undefined;

  /** @param done is told of the outcome once, possibly before {@link begin} returns */
  constructor(context: RunOptions, link: Startable, done: (outcome: Outcome) => void, defaultLogger: Logger = stderrLogger) {
    super();
    this.#context = context;
    this.#outer = Context.activityOf(context);
    this.#link = link;
    this.#done = done;
    this.#defaultLogger = defaultLogger;
  }

  override get name(): string {
    return this.#context.name ?? "";
  }

  override get attempt(): number {
    return this.#context.attempt ?? 0;
  }

  override get logger(): Logger {
    return this.#outer?.logger ?? this.#context.logger ?? this.#defaultLogger;
  }

  override begin(): void {
    if (this.#outer !== undefined) this.#callOff = this.#outer.branch(this);
    else if (this.#context.signal !== undefined) this.#callOff = onAbort(this.#context.signal, this);
    this.start(this.#link);
  }

  protected override ended(outcome: Outcome): void {
    this.#callOff?.();
    this.#done(outcome);
  }

  override recovered(): void {
    this.#outer?.recovered();
  }

  override ran(runs: Runs, outcome: Outcome): void {
    this.#outer?.ran(runs, outcome);
  }

  override checkpoint(state: "done" | Error): void {
    if (state === "done") this.#context.checkpoint?.();
    else this.#context.checkpoint?.(state);
  }
}
