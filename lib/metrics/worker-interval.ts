import type { DeclarativeWorker, WorkerStatus } from "../index.js";

/** The gap of a schedule, with what it was computed from. */
interface Gap {
  readonly lastSuccess: number | null;
  /** Until when it holds. */
  readonly until: number;
  readonly ms: number | undefined;
}

/**
 * How long apart the runs of a worker should be at most. Asks a schedule only after a run or a due time, as that is code of the
 * user and may take long.
 */
export class WorkerIntervals {
  readonly #gaps = new WeakMap<DeclarativeWorker, Gap>();

  /**
   * In ms: the interval; or of a schedule, the longer one of the gap after the next due time and the gap after the last success,
   * since the next one may be short although a night or a weekend comes before it. Undefined for a continuous worker, while the
   * worker is paused, and after it has stopped.
   */
  of(worker: DeclarativeWorker, { phase, lastSuccess }: WorkerStatus, now: number): number | undefined {
    const { repeat } = worker;
    if (repeat === undefined || phase === "paused" || phase === "stopped") return undefined;
    if (repeat.interval !== undefined) return repeat.interval;
    const known = this.#gaps.get(worker);
    if (known !== undefined && known.lastSuccess === lastSuccess && known.until > now) return known.ms;
    const next = nextTime(repeat.schedule, now);
    const gaps = [gapAfter(repeat.schedule, next), gapAfter(repeat.schedule, lastSuccess ?? undefined)];
    const found = gaps.filter((gap) => gap !== undefined);
    const ms = found.length === 0 ? undefined : Math.max(...found);
    this.#gaps.set(worker, { lastSuccess, until: next ?? Number.POSITIVE_INFINITY, ms });
    return ms;
  }
}

type Schedule = { next(after: Date): Date | null };

function gapAfter(schedule: Schedule, time: number | undefined): number | undefined {
  if (time === undefined) return undefined;
  const next = nextTime(schedule, time);
  return next === undefined ? undefined : next - time;
}

/** Undefined if there is none, or the schedule fails, which is logged when a run is due. */
function nextTime(schedule: Schedule, after: number): number | undefined {
  try {
    const time = schedule.next(new Date(after))?.getTime();
    return time !== undefined && time > after ? time : undefined;
  } catch {
    return undefined;
  }
}
