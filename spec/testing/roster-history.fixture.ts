import { observe, Runner } from "watchbill";
import { type SimulatedCommand, type SimulationOptions, silentLogger, simulate } from "watchbill/testing";
import {
  type Lateness,
  length,
  modelOptions,
  type PlannedCommand,
  plannedCode,
  punctual,
  type RosterPlan,
  startDate,
  workersOf,
} from "./roster-plan.fixture.js";

/** Something that happened, in simulated ms since the start. */
export interface Moment {
  readonly at: number;
  readonly what: string;
  /** Of a run that started. */
  readonly due?: number;
}

/** What happened to one worker, in the order of time. */
export interface WorkerHistory {
  readonly started: Moment[];
  readonly ended: Moment[];
  readonly missed: Moment[];
  /** Retries, restarts, timeouts, health, commands and exits. */
  readonly events: Moment[];
}

export interface History {
  readonly workers: ReadonlyMap<string, WorkerHistory>;
  /** When the service ended by itself. */
  readonly end: Moment[];
}

const noHistory = (): WorkerHistory => ({ started: [], ended: [], missed: [], events: [] });

const startOf = (cause: string, attempt: number): string => `${cause}, attempt ${attempt}`;

const simulatedStart = Date.parse(`${startDate}T00:00Z`);

function commandOf(at: string, command: PlannedCommand["command"], worker: string): SimulatedCommand {
  if (command === "trigger") return { at, trigger: worker };
  if (command === "pause") return { at, pause: worker };
  return command === "resume" ? { at, resume: worker } : { at, restart: worker };
}

/** What a roster does on the virtual clock. */
export async function simulatedHistory(plan: RosterPlan, late: Lateness): Promise<History> {
  const place = { scale: 1, start: simulatedStart, late };
  const clockTime = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
  const sent = plan.commands.map(({ at, command, worker }) => commandOf(clockTime(at + late.commands), command, worker));
  const jobs = Object.entries(plan.workers)
    .filter(([, { kind }]) => kind !== "continuous")
    .map(([name, worker]) => [name, plannedCode(name, worker, place)]);
  const byMode: Record<RosterPlan["mode"], Partial<SimulationOptions>> = {
    model: modelOptions(plan, late),
    fakes: { ...modelOptions(plan, late), jobs: Object.fromEntries(jobs) },
    real: { jobs: "real" },
  };
  const day = await simulate(workersOf(plan, place), {
    // Late events of the time that is compared come after its end.
    ...byMode[plan.mode],
    for: length + 30_000,
    start: startDate,
    commands: sent,
  });
  const since = (at: number): number => at - simulatedStart;
  const workers = new Map(
    day.workers.map((name) => {
      const { runs, failures, missed } = day.of(name);
      const ended = runs.flatMap(({ end, outcome }) => (end === null ? [] : [{ at: since(end), what: String(outcome) }]));
      const errors = new Map(failures.map(({ at, error }) => [since(at), error]));
      const history: WorkerHistory = {
        started: runs.map(({ start, due, cause, attempt }) => ({
          at: since(start),
          what: startOf(cause, attempt),
          due: since(due),
        })),
        ended: ended.map(({ at, what }) => ({ at, what: what === "failed" ? `${what}: ${errors.get(at)}` : what })),
        missed: missed.map(({ at, count, reason }) => ({ at: since(at), what: `${count} ${reason}` })),
        events: day.timeline.events
          .filter(({ worker }) => worker === name)
          .map(({ at, event, detail }) => ({ at: since(at), what: `${event} ${detail}`.trim() })),
      };
      return [name, history] as const;
    }),
  );
  return { workers, end: day.endedEarly === null ? [] : [{ at: since(day.endedEarly.at), what: "ended" }] };
}

/** How late timers were on the real clock, in ms, which says whether the machine kept up. */
export interface RealHistory extends History {
  readonly latest: number;
}

/** How long after the end it is recorded, in simulated ms: events of the time before may be late. */
const extra = 20_000;

/** What a roster does on the real clock, with every duration scaled. */
export async function realHistory(plan: RosterPlan, scale: number): Promise<RealHistory> {
  const names = Object.keys(plan.workers);
  const workers = new Map(names.map((name) => [name, noHistory()]));
  const end: Moment[] = [];
  const place = { scale, start: 0, late: punctual };
  const runner = new Runner(workersOf(plan, place), { logger: silentLogger, signals: [] });
  place.start = Date.now();
  const { start } = place;
  const origin = performance.now();
  const now = (): number => (performance.now() - origin) / scale;
  let isOver = false;
  const note = (worker: string, list: keyof WorkerHistory, what: string, more: Partial<Moment> = {}): void => {
    if (!isOver) workers.get(worker)?.[list].push({ at: now(), what, ...more });
  };
  const detailOf = (delay: number): string => `${Math.round(delay / scale)}`;
  const unsubscribe = [
    observe("watchbill:run", {
      start: ({ worker, due, cause, attempt }) =>
        note(worker, "started", startOf(cause, attempt), { due: (due - start) / scale }),
      end: ({ worker, outcome, error }) =>
        note(worker, "ended", error === undefined ? String(outcome) : `${outcome}: ${error.name}: ${error.message}`),
    }),
    observe("watchbill:missed", ({ worker, count, reason }) => note(worker, "missed", `${count} ${reason}`)),
    observe("watchbill:retry", ({ worker, delay }) => note(worker, "events", `retry ${detailOf(delay)}`)),
    observe("watchbill:restart", ({ worker, delay }) => note(worker, "events", `restart ${detailOf(delay)}`)),
    observe("watchbill:timeout", ({ worker }) => note(worker, "events", "timeout")),
    observe("watchbill:health", ({ worker, health }) => {
      if (health !== "init") note(worker, "events", health);
    }),
    observe("watchbill:hung", ({ worker, phase }) => note(worker, "events", `hung ${phase}`)),
    observe("watchbill:exit", ({ worker, outcome }) => note(worker, "events", `exit ${outcome}`)),
    observe("watchbill:command", ({ worker, command }) => note(worker, "events", `command ${command}`)),
  ];
  const running = runner.run().catch(() => {});
  void running.then(() => {
    if (!isOver) end.push({ at: now(), what: "ended" });
  });
  const timers = plan.commands.map(({ at, command, worker }) =>
    setTimeout(() => {
      try {
        if (command === "resume") runner.resume(worker);
        else runner[command](worker).catch(() => {});
      } catch {
        // It has ended by itself: the simulation refuses the command, too.
      }
    }, at * scale),
  );
  const latest = await latestTimer((length + extra) * scale);
  isOver = true;
  for (const timer of timers) clearTimeout(timer);
  for (const each of unsubscribe) each();
  await runner.stop();
  await running;
  return { workers, end, latest };
}

/** Waits, and measures meanwhile by how much timers of a few ms are late. */
async function latestTimer(ms: number): Promise<number> {
  const pause = 4;
  const end = performance.now() + ms;
  let latest = 0;
  for (let now = performance.now(); now < end; ) {
    const due = now + pause;
    await new Promise((resolve) => setTimeout(resolve, pause));
    now = performance.now();
    latest = Math.max(latest, now - due);
  }
  return latest;
}
