import { WorkerNotRunningError } from "watchbill";
import { block } from "./block.js";
import type { Chance, Weighted } from "./chance.js";
import type { Fleet } from "./fleet.js";
import { Order, type Verb } from "./order.js";
import type { Post } from "./post.js";
import type { Station } from "./station.js";
import type { Yard } from "./yard.js";

const verbs: readonly Weighted<Verb>[] = [
  ["trigger", 8],
  ["pause", 4],
  ["resume", 1],
  ["restart", 4],
  ["remove", 4],
];

/** WorkerCommands at random moments to workers at random, and blocks of the event loop; all answers are judged. */
export class Storm {
  /** How many orders there were. */
  orders = 0;
  readonly open = new Set<Order>();
  readonly #counts = new Map<Verb, number>();
  readonly #berths: readonly { readonly fleet: Fleet; readonly station: Station }[];
  readonly #chance: Chance;
  readonly #yard: Yard;
  #timers: NodeJS.Timeout[] = [];

  constructor(fleets: readonly Fleet[], chance: Chance, yard: Yard) {
    this.#berths = fleets.flatMap((fleet) => fleet.stations.map((station) => ({ fleet, station })));
    this.#chance = chance.fork();
    this.#yard = yard;
  }

  rise(): void {
    // Everybody once, so that what the library keeps of orders is kept from the start, and the heap is soon even.
    for (const { station, fleet } of this.#berths) for (const post of station.posts) this.#order("pause", post, fleet);
    this.#timers = [setTimeout(this.#strike, 0), setInterval(() => this.relieve(), 250)];
  }

  ordersOf(verb: Verb): number {
    return this.#counts.get(verb) ?? 0;
  }

  abate(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** What is chosen is the same however the last orders went. */
  readonly #strike = (): void => {
    const chance = this.#chance;
    const count = chance.int(1, 4);
    const atOnce = chance.oneIn(8);
    let target = chance.oneOf(this.#berths);
    for (let order = 0; order < count; order++) {
      if (!atOnce) target = chance.oneOf(this.#berths);
      const verb = chance.pick(verbs);
      const choice = chance.int(0, 3);
      this.#order(verb, target.station.posts[choice % target.station.posts.length], target.fleet);
    }
    if (chance.oneIn(100)) block(chance.oneIn(10) ? chance.int(100, 300) : chance.int(5, 50));
    this.#timers[0] = setTimeout(this.#strike, chance.int(0, 20));
  };

  #order(verb: Verb, post: Post | undefined, fleet: Fleet): void {
    if (post === undefined || post.state === "gone") return;
    // One that leaves is not called back: whether that came in time, nobody could tell.
    if (post.state === "leaving" && (verb === "restart" || verb === "pause")) return;
    void this.#give(new Order(verb, post, fleet, this.#yard.ledger));
  }

  async #give(order: Order): Promise<void> {
    this.orders++;
    this.#counts.set(order.verb, this.ordersOf(order.verb) + 1);
    this.open.add(order);
    let fault: string | undefined;
    try {
      await order.give();
      fault = order.granted();
    } catch (error) {
      fault = order.refused(error);
    }
    this.open.delete(order);
    if (fault !== undefined) this.#yard.faults.add("orders", fault);
  }

  /** Whoever has been paused for long enough is resumed, whoever is done is restarted, and whoever is gone is replaced. */
  relieve(pause = 1_000): void {
    for (const { fleet, station } of this.#berths) {
      const gone = station.posts.filter(({ state }) => state === "gone");
      if (gone.length === station.posts.length) this.#add(station.man(), station.posts, fleet);
      // To a runner that does not run, the figures of one that comes back are those of the last run.
      else if (fleet.isUp) for (const post of gone) if (post.worker !== undefined) this.#add(post.worker, [post], fleet);
      for (const post of station.posts) {
        if (post.state !== "there") continue;
        if (post.isDone) this.#order("restart", post, fleet);
        else if (this.#yard.clock.now - post.toPauseSince >= pause) this.#order("resume", post, fleet);
      }
    }
  }

  #add(source: object, posts: readonly Post[], fleet: Fleet): void {
    this.orders++;
    // Before they are: they may be run at once.
    for (const post of posts) post.arrive();
    try {
      fleet.runner.add(source);
      fleet.find(posts);
    } catch (error) {
      for (const post of posts) post.state = "gone";
      // A runner within the runner may be about to stop.
      const isJustified = error instanceof WorkerNotRunningError && posts.every(({ isSheltered }) => isSheltered);
      if (!isJustified)
        this.#yard.faults.add("orders", `add(${posts.map(({ name }) => name).join(", ")}) was refused: ${String(error)}`);
    }
  }
}
