import type { DeclarativeWorker, Schedule } from "../index.js";

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
   * since the next one may be short although a night or a weekend comes before it. At least the initial delay, until the worker
   * has succeeded. Undefined for a continuous worker.
   */
  of(worker: DeclarativeWorker, lastSuccess: number | null, now: number): number | undefined {
    const { repeat } = worker;
    const gap = repeat?.interval ?? (repeat?.schedule && this.#gapOf(worker, repeat.schedule, lastSuccess, now));
    return gap === undefined || lastSuccess !== null ? gap : Math.max(gap, repeat?.initialDelay ?? 0);
  }

  #gapOf(worker: DeclarativeWorker, schedule: Schedule, lastSuccess: number | null, now: number): number | undefined {
    const known = this.#gaps.get(worker);
    if (known !== undefined && known.lastSuccess === lastSuccess && known.until > now) return known.ms;
    const next = nextTime(schedule, now);
    const gaps = [gapAfter(schedule, next), gapAfter(schedule, lastSuccess ?? undefined)];
    const found = gaps.filter((gap) => gap !== undefined);
    const ms = found.length === 0 ? undefined : Math.max(...found);
    this.#gaps.set(worker, { lastSuccess, until: next ?? Number.POSITIVE_INFINITY, ms });
    return ms;
  }
}

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
