import type { DeclarativeWorker } from "watchbill";
import type { Page } from "./page.js";

/** How a worker's figures compare with its page: run for run, at least with the calls of its code, or not at all. */
export type Tally = "exact" | "calls" | "none";

export interface PostOptions {
  readonly tally?: Tally;
  readonly isContinuous: boolean;
  /** How long a run may take, in ms. */
  readonly limit?: number | undefined;
  /** Others than it may have it stopped: its group, or the runner around it. */
  readonly isSheltered: boolean;
}

/** A worker of a runner as the soak's books have it: whether it is there, and what was ordered. */
export class Post {
  readonly name: string;
  /** Of its code; several, if it is a tree. */
  readonly pages: readonly Page[];
  readonly tally: Tally;
  readonly isContinuous: boolean;
  readonly isSheltered: boolean;
  readonly limit: number | undefined;
  worker: DeclarativeWorker | undefined;
  state: "there" | "leaving" | "gone" = "gone";
  /** When it was told to leave, on the clock of the event loop. */
  leftAt = 0;
  /** Since when it is to be paused, if that is what was ordered last. */
  toPauseSince = Number.POSITIVE_INFINITY;
  /** How many orders it was given. */
  orders = 0;
  /** How many of them have not been answered. */
  open = 0;
  #toldAt = -1;

  constructor(name: string, pages: readonly Page[], { tally = "exact", isContinuous, isSheltered, limit }: PostOptions) {
    this.name = name;
    this.pages = pages;
    this.tally = tally;
    this.isContinuous = isContinuous;
    this.isSheltered = isSheltered;
    this.limit = limit;
  }

  get isToPause(): boolean {
    return this.toPauseSince < Number.POSITIVE_INFINITY;
  }

  get isRunning(): boolean {
    return this.pages.some(({ isOpen }) => isOpen);
  }

  get isDone(): boolean {
    return this.pages.some(({ isDone }) => isDone);
  }

  /** All runs there were. */
  get total(): number {
    return this.pages.reduce((sum, { total }) => sum + total, 0);
  }

  /** How many of them failed. */
  get failed(): number {
    return this.pages.reduce((sum, { failed }) => sum + failed, 0);
  }

  /** Who has given no sign of life for longest, and when that was. */
  get seenAt(): number {
    return Math.min(...this.pages.map(({ seenAt }) => seenAt));
  }

  /** It was told to stop, and no run has begun since. */
  get isTold(): boolean {
    return this.#toldAt === this.total;
  }

  tell(): void {
    this.#toldAt = this.total;
  }

  /** From now on it has time anew to give a sign of life. */
  beat(): void {
    for (const page of this.pages) page.beat();
  }

  hold(isHeld: boolean): void {
    for (const page of this.pages) page.isHeld = isHeld;
  }

  /** It is there, and the library counts from nought. */
  arrive(): void {
    this.state = "there";
    this.newTerm();
  }

  newTerm(): void {
    this.toPauseSince = Number.POSITIVE_INFINITY;
    for (const page of this.pages) page.newTerm();
  }
}
