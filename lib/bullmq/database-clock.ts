import { TimerQueue } from "../timers/timer-queue.js";

/** Numbers from here on are times in ms since the epoch: durations are shorter, and counts are smaller. */
const leastTime = 1e12;

/** By how many ms both clocks of the process must differ to be suspect. */
const suspicion = 1_000;

/**
 * The clock of the database, as far as this process knows it: its own monotonic clock plus an offset, which is measured with each
 * reconciliation. So the wall clock of a replica, whatever it shows, does not decide when a worker is due or when a lock expires.
 */
export class DatabaseClock {
  #offset: number | undefined;
  /** The wall clock minus the monotonic one when the offset was measured. */
  #wallOffset = 0;

  /**
   * Corrects the offset by as much as an answer requires. It is exact to the time that the answer took.
   * @param read returns the time of the database, in ms since the epoch
   */
  async measure<Answer extends { readonly now: number }>(read: () => Promise<Answer>): Promise<Answer> {
    const sent = TimerQueue.current().now();
    const answer = await read();
    const [least, most] = [answer.now - TimerQueue.current().now(), answer.now - sent];
    this.#offset = Math.min(Math.max(this.#offset ?? (least + most) / 2, least), most);
    this.#wallOffset = Date.now() - TimerQueue.current().now();
    return answer;
  }

  /**
   * Whether the monotonic clock may have stood still since the last measurement, as while the machine was suspended: or the wall
   * clock was set, which changes nothing.
   */
  get isSuspect(): boolean {
    const wallOffset = Date.now() - TimerQueue.current().now();
    return this.#offset !== undefined && Math.abs(wallOffset - this.#wallOffset) > suspicion;
  }

  /** In ms since the epoch. */
  now(): number {
    return this.#offset === undefined ? Date.now() : TimerQueue.current().now() + this.#offset;
  }

  /** The time on the wall clock of this process at which the database's clock shows `time`. */
  toLocal(time: number): number {
    return time - this.now() + Date.now();
  }

  /** Replaces times of the wall clock of this process, which BullMQ passes to the database, by those of the database. */
  stamp(values: readonly unknown[]): unknown[] {
    return values.map((value) =>
      typeof value === "number" && value >= leastTime ? Math.round(value - Date.now() + this.now()) : value,
    );
  }
}
