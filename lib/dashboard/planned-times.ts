import type { DeclarativeWorker, Schedule, WorkerStatus } from "../index.js";

const hour = 3_600_000;
const maxTimes = 200;

/** Of how many workers the due times are kept, and for how long, in ms: a schedule may be code that changes its mind. */
const maxPlans = 1_000;
const longestPlan = 600_000;

/** What a schedule says: computing an hour of cron takes 2 ms. */
interface Plan {
  readonly madeAt: number;
  readonly times: number[];
  /** The one after those; undefined if there is none. */
  next: number | undefined;
}

/** The due times of workers within the next hour. Those of schedules are computed once, and then continued as time goes by. */
export class PlannedTimes {
  readonly #plans = new Map<DeclarativeWorker, Plan>();

  /**
   * The due times of a worker, at most 200, in ms since the epoch. They are what is known now: a backoff, a jitter or a run that
   * takes long may move them. Empty for a continuous or paused worker, and for one that does not run.
   */
  of(worker: DeclarativeWorker, status: WorkerStatus, now: number): number[] {
    const { repeat } = worker;
    const { phase, nextDue, lastStart } = status;
    if (repeat === undefined || phase === "paused" || phase === "stopped") return [];
    const due = nextDue !== null && nextDue > now ? nextDue : undefined;
    const times: number[] = due !== undefined && due <= now + hour ? [due] : [];
    if (repeat.interval === undefined) {
      // The end of a backoff is not a time of the schedule.
      if (phase === "waiting" || due === undefined) return this.#scheduled(worker, repeat.schedule, due, now);
      const scheduled = this.#scheduled(worker, repeat.schedule, undefined, now);
      return [...times, ...scheduled.filter((time) => time > due)].slice(0, maxTimes);
    }
    // While a run is under way, the next one is due about one interval after its start.
    const { interval } = repeat;
    const start = nextDue ?? lastStart;
    if (start === null) return times;
    const passed = Math.max(Math.floor((now - start) / interval), 0);
    for (let time = start + (passed + 1) * interval; time <= now + hour && times.length < maxTimes; time += interval)
      times.push(Math.round(time));
    return times;
  }

  #scheduled(worker: DeclarativeWorker, schedule: Schedule, due: number | undefined, now: number): number[] {
    const plan = this.#planOf(worker, schedule, due, now);
    const { times } = plan;
    while (times[0] !== undefined && times[0] <= now) times.shift();
    while (plan.next !== undefined && plan.next <= now + hour && times.length < maxTimes) {
      if (plan.next > now) times.push(plan.next);
      plan.next = nextTime(schedule, plan.next);
    }
    return times.filter((time) => time >= (due ?? 0));
  }

  /** The plan of a worker, if the next time that it is due is one of it; a new one from there otherwise. */
  #planOf(worker: DeclarativeWorker, schedule: Schedule, due: number | undefined, now: number): Plan {
    const known = this.#plans.get(worker);
    const isCurrent = known !== undefined && known.madeAt <= now && now - known.madeAt < longestPlan;
    if (isCurrent && (due === undefined || due === known.next || known.times.includes(due))) return known;
    const plan: Plan = { madeAt: now, times: [], next: due ?? nextTime(schedule, now) };
    // To the end, as the newest one.
    this.#plans.delete(worker);
    this.#plans.set(worker, plan);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > maxPlans && oldest !== undefined) this.#plans.delete(oldest);
    return plan;
  }
}

/**
 * Undefined if there is none. Never throws: the schedule may be code of the user, and if it fails, that is logged when a run is
 * due.
 */
function nextTime(schedule: Schedule, after: number): number | undefined {
  try {
    const time = schedule.next(new Date(after))?.getTime();
    return time !== undefined && time > after ? time : undefined;
  } catch {
    return undefined;
  }
}
