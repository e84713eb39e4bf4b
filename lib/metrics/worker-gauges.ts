import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import {
  type DeclarativeWorker,
  type Health,
  nestName,
  type Phase,
  Runner,
  runningRunners,
  type WorkerStatus,
} from "../index.js";
import type { Attributes, GaugeName } from "./instruments.js";
import { WorkerIntervals } from "./worker-interval.js";
import type { PresentNames, WorkerLabels } from "./worker-labels.js";

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
  nextDue: number | undefined;
  /** The longest one; undefined if none of the workers is repeated. */
  interval: number | undefined;
  repeated: Progress;
  continuous: Progress;
}

/** How far the worker is that is furthest behind. Times are in ms. */
interface Progress {
  healthSince: number | undefined;
  lastSuccess: number | undefined;
  /** The earliest `healthSince` of those that have never succeeded. */
  neverSince: number | undefined;
}

/** Reads the gauges from the status of the runners that run. */
export class WorkerGauges {
  readonly #labels: WorkerLabels;
  readonly #intervals = new WorkerIntervals();
  #hasReplicas = false;

  constructor(labels: WorkerLabels) {
    this.#labels = labels;
  }

  /** Called when a lease was taken, released or lost: the engine of a single process has no leases. */
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
      for (const label of this.#labels.release(namesOf(found))) onReleased(label);
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
    for (const { worker, row } of found) {
      phases[row.phase]++;
      this.#add(of(row.name), worker, row, now);
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
    workers.nextDue = earlier(workers.nextDue, row.nextDue);
    const interval = this.#intervals.of(worker, row.lastSuccess, now);
    if (interval !== undefined) workers.interval = Math.max(workers.interval ?? 0, interval);
    const progress = interval === undefined ? workers.continuous : workers.repeated;
    progress.healthSince = earlier(progress.healthSince, row.healthSince);
    progress.lastSuccess = earlier(progress.lastSuccess, row.lastSuccess);
    if (row.lastSuccess === null) progress.neverSince = earlier(progress.neverSince, row.healthSince);
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

/** A worker of a runner that runs. */
interface FoundWorker {
  readonly worker: DeclarativeWorker;
  readonly row: WorkerStatus;
}

function foundWorkers(): FoundWorker[] {
  return runningRunners().flatMap((runner) => {
    const { workers } = runner;
    return runner.status().flatMap((row, index): FoundWorker[] => {
      const worker = workers[index];
      return worker === undefined ? [] : [{ worker, row }];
    });
  });
}

function namesOf(found: readonly FoundWorker[]): PresentNames {
  const names = { workers: new Set<string>(), groups: new Set<string>(), owners: new Set<string>() };
  for (const { worker, row } of found) {
    names.workers.add(row.name);
    if (row.group !== null) names.groups.add(row.group).add(nestName(row.runner, row.group));
    // What runs within a runner are workers, which have rows of their own.
    if (!(worker.worker instanceof Runner)) names.owners.add(row.name);
  }
  return names;
}

function noWorkers(): LabelledWorkers {
  return {
    states: undefined,
    active: 0,
    hung: 0,
    held: undefined,
    nextDue: undefined,
    interval: undefined,
    repeated: noProgress(),
    continuous: noProgress(),
  };
}

function noProgress(): Progress {
  return { healthSince: undefined, lastSuccess: undefined, neverSince: undefined };
}

/** The earlier one of two times, either of which may be missing. */
function earlier(a: number | undefined, b: number | null | undefined): number | undefined {
  return a === undefined ? (b ?? undefined) : Math.min(a, b ?? a);
}

function isAtWork({ phase }: WorkerStatus): boolean {
  return phase !== "paused" && phase !== "stopped";
}

const host = hostname();

function isHere({ holder }: WorkerStatus): boolean {
  return holder?.pid === process.pid && holder.host === host;
}

function measure(label: string, workers: LabelledWorkers): Measurement[] {
  const { states, active, hung, held, nextDue, interval } = workers;
  // An alert compares these times with the interval. A continuous worker may have succeeded once, weeks ago.
  const { healthSince, lastSuccess, neverSince } = interval === undefined ? workers.continuous : workers.repeated;
  // One that has never succeeded must not hide behind the others. If none has, there is only healthSince.
  const furthestBehind = lastSuccess === undefined ? undefined : earlier(lastSuccess, neverSince);
  const values: readonly (readonly [instrument: GaugeName, value: number | undefined])[] = [
    ["watchbill.run.active", active],
    ["watchbill.worker.hung", hung],
    ["watchbill.lease.held", held],
    ["watchbill.worker.health_since.timestamp", inSeconds(healthSince)],
    ["watchbill.worker.last_success.timestamp", inSeconds(furthestBehind)],
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
