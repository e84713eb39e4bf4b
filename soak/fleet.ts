import { bootstrap, DeclarativeWorker, type Runner, type RunnerOptions, type WorkerContext, wait } from "watchbill";
import { Page } from "./page.js";
import type { Post } from "./post.js";
import type { Station } from "./station.js";
import type { Yard } from "./yard.js";

/** How long a worker may take to stop, in ms. */
export const shutdownTimeout = 250;

/** A runner, and the stations that it is to have manned. */
export class Fleet {
  readonly runner: Runner;
  readonly stations: readonly Station[];
  /** Of the clerk, who is the first on the roster and so knows when all of it is started: the figures begin anew then. */
  readonly clerk: Page;

  readonly #yard: Yard;

  constructor(stations: readonly Station[], yard: Yard, options: RunnerOptions = {}) {
    this.#yard = yard;
    this.clerk = new Page("clerk", yard.ledger);
    this.stations = stations;
    const clerk = new DeclarativeWorker({ name: "clerk", worker: this.#keepBooks });
    this.runner = bootstrap([clerk, ...stations.map((station) => station.man())], { shutdownTimeout, ...options });
    for (const post of this.posts()) post.arrive();
    this.find(this.posts());
  }

  /** Whether its runner runs. */
  get isUp(): boolean {
    return this.clerk.isOpen;
  }

  *posts(): Generator<Post> {
    for (const { posts } of this.stations) yield* posts;
  }

  /** Notes by which worker each is on duty. */
  find(posts: Iterable<Post>): void {
    for (const post of posts) post.worker = this.runner.workers.find(({ name }) => name === post.name);
  }

  /** Those that were told to leave, and have, are gone. */
  noteDepartures(): void {
    const names = new Set(this.runner.workers.map(({ name }) => name));
    for (const post of this.posts()) {
      if (post.state !== "leaving" || names.has(post.name)) continue;
      post.state = "gone";
      if (post.isRunning) this.#yard.faults.add("no lost worker", `${post.name} was forgotten before it had stopped`);
    }
  }

  readonly #keepBooks = async ({ name, signal }: WorkerContext): Promise<void> => {
    this.clerk.begin(name);
    for (const post of this.posts()) post.newTerm();
    try {
      for (;;) {
        this.clerk.beat();
        await wait("200ms", { signal });
      }
    } finally {
      this.clerk.end("ended");
    }
  };
}
