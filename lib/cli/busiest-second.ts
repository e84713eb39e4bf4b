import type { NamedWorker } from "./module-workers.js";

const secondsOfDay = 86_400;

/** Workers that are due at the same times. */
interface Timetable {
  readonly names: string[];
  /** The seconds from now on, in order. */
  readonly seconds: Iterable<number>;
}

/**
 * The second within a day in which most workers are due, if all are started now, and their names. Workers with a jitter of a
 * second or more are left out: they are spread.
 */
export function busiestSecond(workers: readonly NamedWorker[], now: number): { time: number; names: readonly string[] } {
  const timetables = groupByTimes(workers, now);
  const counts = new Uint32Array(secondsOfDay);
  for (const { names, seconds } of timetables)
    for (const second of seconds) counts[second] = (counts[second] ?? 0) + names.length;
  let busiest = 0;
  for (const [second, count] of counts.entries()) if (count > (counts[busiest] ?? 0)) busiest = second;
  const isDue = ({ seconds }: Timetable): boolean => {
    for (const second of seconds) if (second >= busiest) return second === busiest;
    return false;
  };
  return { time: now + busiest * 1_000, names: timetables.filter(isDue).flatMap(({ names }) => names) };
}

function groupByTimes(workers: readonly NamedWorker[], now: number): Timetable[] {
  const timetables = new Map<unknown, Timetable>();
  for (const { name, worker } of workers) {
    const { repeat } = worker;
    if (repeat === undefined || (repeat.jitter ?? 0) >= 1_000) continue;
    const { interval, schedule, initialDelay = 0, startImmediately } = repeat;
    const first = startImmediately ? 0 : (repeat.initialDelay ?? interval ?? 0);
    const key = interval === undefined ? keyOfSchedule(schedule, initialDelay) : `${interval} ${first}`;
    const known = timetables.get(key);
    if (known !== undefined) known.names.push(name);
    else
      timetables.set(key, {
        names: [name],
        seconds:
          interval === undefined
            ? { [Symbol.iterator]: () => secondsOfSchedule(schedule, now, initialDelay) }
            : { [Symbol.iterator]: () => secondsOfInterval(interval, first) },
      });
  }
  return [...timetables.values()];
}

/** Equal patterns of `cron` are different objects. */
function keyOfSchedule(schedule: object, initialDelay: number): unknown {
  const pattern: unknown = Reflect.get(schedule, "pattern");
  return typeof pattern === "string" ? `${pattern} ${String(Reflect.get(schedule, "timezone"))} ${initialDelay}` : schedule;
}

function* secondsOfInterval(interval: number, first: number): Generator<number> {
  const step = Math.max(interval, 1_000);
  for (let time = first; time < secondsOfDay * 1_000; time += step) yield Math.floor(time / 1_000);
}

function* secondsOfSchedule(schedule: { next(after: Date): Date | null }, now: number, initialDelay: number): Generator<number> {
  let last = -1;
  for (let time = schedule.next(new Date(now + initialDelay))?.getTime(); time !== undefined; ) {
    const second = Math.floor((time - now) / 1_000);
    if (second >= secondsOfDay) return;
    if (second > last) yield second;
    last = second;
    // One time in each second is enough.
    time = schedule.next(new Date(Math.ceil((time + 1) / 1_000) * 1_000 - 1))?.getTime();
  }
}
