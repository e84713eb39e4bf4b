import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { type DeclarativeWorker, type Health, type Phase, runningRunners, type WorkerStatus } from "../index.js";
import type { Attributes, GaugeName } from "./instruments.js";
import { nameInEvents } from "./known-workers.js";
import { WorkerIntervals } from "./worker-interval.js";
import type { WorkerLabels } from "./worker-labels.js";

/** The value of a gauge. */
export interface Measurement {
  readonly instrument: GaugeName;
  readonly value: number;
  readonly attributes: Attributes;
}

/** What is only known from events. */
export interface ObservedWorkers {
  /** The names of the runs that are under way, one for each run. */
  readonly active: Iterable<string>;
  /** The names of the workers that did not stop in time. */
  readonly hung: Iterable<string>;
}

/** The workers with one label, which is usually one worker. Times are in ms. */
interface LabelledWorkers {
  /** Undefined for what is not a worker of a runner: a run within the run of a worker. */
  states: Record<Health, number> | undefined;
  active: number;
  hung: number;
  held: number | undefined;
  healthSince: number | undefined;
  lastSuccess: number | undefined;
  nextDue: number | undefined;
  interval: number | undefined;
}

/** Reads the gauges from the status of the runners that run. */
export class WorkerGauges {
  readonly #labels: WorkerLabels;
  readonly #intervals = new WorkerIntervals();
  #hasReplicas = false;

  constructor(labels: WorkerLabels) {
    this.#labels = labels;
  }

  /** Called when a lease was taken: the engine in a single process has none. */
  onLease(): void {
    this.#hasReplicas = true;
  }

  /**
   * Reads all gauges now.
   * @param onReleased called with each label that no worker has any more. If no runner runs, all labels stay: the last metrics of
   * a process are read when its workers have stopped.
   */
  read({ active, hung }: ObservedWorkers, onReleased: ((label: string) => void) | undefined): Measurement[] {
    const found = foundWorkers();
    if (onReleased !== undefined && found.length > 0) {
      const names = new Set<string>();
      const groups = new Set<string>();
      for (const { name, row } of found) {
        names.add(name);
        if (row.group !== null) groups.add(row.group).add(nameInEvents(row, row.group));
      }
      for (const label of this.#labels.release(names, groups)) onReleased(label);
    }
    const now = Date.now();
    const byLabel = new Map<string, LabelledWorkers>();
    const of = (name: string): LabelledWorkers => {
      const label = this.#labels.of(name);
      let workers = byLabel.get(label);
      if (workers === undefined) byLabel.set(label, (workers = noWorkers()));
      return workers;
    };
    const phases: Record<Phase, number> = { waiting: 0, running: 0, overdue: 0, backoff: 0, paused: 0, stopped: 0 };
    let engine = "none";
    for (const { name, worker, row } of found) {
      phases[row.phase]++;
      this.#add(of(name), worker, row, now);
      if (worker.distributed === true) engine = this.#engine(row);
    }
    for (const name of active) of(name).active++;
    for (const name of hung) of(name).hung++;
    return [
      ...Array.from(byLabel).flatMap(([label, workers]) => measure(label, workers)),
      ...Object.entries(phases).map(
        ([phase, value]): Measurement => ({ instrument: "watchbill.workers", value, attributes: { phase } }),
      ),
      { instrument: "watchbill.info", value: 1, attributes: { version: libraryVersion, engine } },
    ];
  }

  #add(workers: LabelledWorkers, worker: DeclarativeWorker, row: WorkerStatus, now: number): void {
    workers.states ??= { init: 0, ok: 0, firing: 0 };
    workers.states[row.health]++;
    // One that is not meant to run must not make the others with its label look as if they did not.
    if (!isAtWork(row)) return;
    workers.healthSince = earlier(workers.healthSince, row.healthSince);
    workers.lastSuccess = earlier(workers.lastSuccess, row.lastSuccess);
    workers.nextDue = earlier(workers.nextDue, row.nextDue);
    const interval = this.#intervals.of(worker, row.lastSuccess, now);
    if (interval !== undefined) workers.interval = Math.max(workers.interval ?? 0, interval);
    if (worker.distributed !== true) return;
    // Between two runs, the holder is the process of the last one.
    const isHeld = isHere(row) && (row.phase === "running" || row.phase === "overdue");
    workers.held = (workers.held ?? 0) + (isHeld ? 1 : 0);
  }

  /** In a single process, a distributed worker that is at work always has this process as its holder. */
  #engine(row: WorkerStatus): string {
    if (isAtWork(row) && !isHere(row)) this.#hasReplicas = true;
    return this.#hasReplicas ? "replicas" : "in-process";
  }
}

/** A worker of a runner that runs, and its name in events. */
interface FoundWorker {
  readonly name: string;
  readonly worker: DeclarativeWorker;
  readonly row: WorkerStatus;
}

function foundWorkers(): FoundWorker[] {
  return runningRunners().flatMap((runner) => {
    const { workers } = runner;
    return runner.status().flatMap((row, index): FoundWorker[] => {
      const worker = workers[index];
      return worker === undefined ? [] : [{ name: nameInEvents(row, row.name), worker, row }];
    });
  });
}

function noWorkers(): LabelledWorkers {
  return {
    states: undefined,
    active: 0,
    hung: 0,
    held: undefined,
    healthSince: undefined,
    lastSuccess: undefined,
    nextDue: undefined,
    interval: undefined,
  };
}

/** The earlier one of two times, either of which may be missing. */
function earlier(a: number | undefined, b: number | null): number | undefined {
  return a === undefined || b === null ? (b ?? a) : Math.min(a, b);
}

function isAtWork({ phase }: WorkerStatus): boolean {
  return phase !== "paused" && phase !== "stopped";
}

const host = hostname();

function isHere({ holder }: WorkerStatus): boolean {
  return holder?.pid === process.pid && holder.host === host;
}

function measure(label: string, workers: LabelledWorkers): Measurement[] {
  const { states, active, hung, held, healthSince, lastSuccess, nextDue, interval } = workers;
  const values: readonly (readonly [instrument: GaugeName, value: number | undefined])[] = [
    ["watchbill.run.active", active],
    ["watchbill.worker.hung", hung],
    ["watchbill.lease.held", held],
    ["watchbill.worker.health_since.timestamp", inSeconds(healthSince)],
    ["watchbill.worker.last_success.timestamp", inSeconds(lastSuccess)],
    ["watchbill.worker.next_due.timestamp", inSeconds(nextDue)],
    ["watchbill.worker.interval", inSeconds(interval)],
  ];
  const attributes = { worker: label };
  const measurements: Measurement[] = [];
  for (const [instrument, value] of values) if (value !== undefined) measurements.push({ instrument, value, attributes });
  for (const [state, value] of Object.entries(states ?? {}))
    measurements.push({ instrument: "watchbill.worker.health", value, attributes: { worker: label, state } });
  return measurements;
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}

/** The version of this library; `""` if it was bundled without its package.json. */
export const libraryVersion = readVersion();

function readVersion(): string {
  try {
    const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  } catch {
    // The version is only shown.
  }
  return "";
}
