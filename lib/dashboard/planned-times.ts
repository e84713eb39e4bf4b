import type { DeclarativeWorker, WorkerStatus } from "../index.js";

const hour = 3_600_000;
const maxTimes = 200;

/**
 * The due times of a worker within the next hour, at most 200, in ms since the epoch. They are what is known now: a backoff, a
 * jitter or a run that takes long may move them. Empty for a continuous or paused worker, and for one that does not run.
 */
export function plannedTimes({ repeat }: DeclarativeWorker, status: WorkerStatus, now: number): number[] {
  const { phase, nextDue, lastStart } = status;
  if (repeat === undefined || phase === "paused" || phase === "stopped") return [];
  const times: number[] = nextDue !== null && nextDue > now && nextDue <= now + hour ? [nextDue] : [];
  if (repeat.interval !== undefined) {
    // While a run is under way, the next one is due about one interval after its start.
    const { interval } = repeat;
    const start = nextDue ?? lastStart;
    if (start === null) return times;
    const passed = Math.max(Math.floor((now - start) / interval), 0);
    for (let time = start + (passed + 1) * interval; time <= now + hour && times.length < maxTimes; time += interval)
      times.push(Math.round(time));
    return times;
  }
  let after = Math.max(now, times[0] ?? 0);
  while (times.length < maxTimes) {
    const next = nextTime(repeat.schedule, after);
    if (next === undefined || next > now + hour) break;
    times.push(next);
    after = next;
  }
  return times;
}

/**
 * Undefined if there is none. Never throws: the schedule may be code of the user, and if it fails, that is logged when a run is
 * due.
 */
function nextTime(schedule: { next(after: Date): Date | null }, after: number): number | undefined {
  try {
    const time = schedule.next(new Date(after))?.getTime();
    return time !== undefined && time > after ? time : undefined;
  } catch {
    return undefined;
  }
}
