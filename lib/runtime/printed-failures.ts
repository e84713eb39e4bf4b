import { errorKind } from "../errors/error-text.js";
import { TimerQueue } from "../timers/timer-queue.js";

/** For how long, in ms, a failure of the same kind is not printed with its stack again. */
const suppressStackFor = 3_600_000;

/** The most kinds that are remembered. The one that was printed first is forgotten first. */
const mostKinds = 1_000;

/**
 * Which failures have been printed with their stack, so that a failure that happens again takes one line. In a process with 200
 * workers whose database is down, that is the difference between a log and a flood.
 */
export class PrintedFailures {
  static readonly #perClock = new WeakMap<TimerQueue, PrintedFailures>();

  readonly #clock: TimerQueue;
  readonly #errors = new WeakMap<Error, number>();
  readonly #kinds = new Map<string, number>();

  /** Those of the clock that is installed now: the times of fake timers cannot be compared with others. */
  static current(): PrintedFailures {
    const clock = TimerQueue.current();
    const known = PrintedFailures.#perClock.get(clock);
    if (known !== undefined) return known;
    const made = new PrintedFailures(clock);
    PrintedFailures.#perClock.set(clock, made);
    return made;
  }

  private constructor(clock: TimerQueue) {
    this.#clock = clock;
  }

  /**
   * Whether the stack of an error is to be printed: neither the error nor one of its kind has been within an hour. Counts as
   * printed.
   */
  add(error: Error): boolean {
    const now = this.#clock.now();
    const isRecent = (printedAt: number | undefined): boolean => printedAt !== undefined && now - printedAt < suppressStackFor;
    if (isRecent(this.#errors.get(error))) return false;
    const kind = errorKind(error);
    const isKnown = isRecent(this.#kinds.get(kind));
    this.#errors.set(error, now);
    if (isKnown) return false;
    this.#kinds.delete(kind);
    this.#kinds.set(kind, now);
    for (const oldest of this.#kinds.keys()) {
      if (this.#kinds.size <= mostKinds) break;
      this.#kinds.delete(oldest);
    }
    return true;
  }
}
