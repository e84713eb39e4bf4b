/** What is measured, under which name: in base units, so that each renderer can spell it as its users expect. */
export interface Instrument {
  /** An up-down counter is read when metrics are collected, like a gauge, but may be added up over workers and processes. */
  readonly kind: "histogram" | "counter" | "upDownCounter" | "gauge";
  /** As UCUM has it: `s`, or what is counted in braces. */
  readonly unit: "s" | `{${string}}`;
  readonly description: string;
  readonly attributes: readonly Attribute[];
  /** The upper bounds of the buckets of a histogram. */
  readonly buckets?: readonly number[];
}

export type Attribute = "worker" | "outcome" | "error.type" | "reason" | "cause" | "state" | "phase" | "version" | "engine";

export type Attributes = Readonly<Partial<Record<Attribute, string>>>;

const buckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600] as const;

/**
 * The one catalogue of instruments, by their OpenTelemetry names. docs/metrics.md has the same table, which a spec compares with
 * this one.
 */
export const instruments = {
  "watchbill.run.duration": {
    kind: "histogram",
    unit: "s",
    description: "How long runs took.",
    attributes: ["worker", "outcome", "error.type"],
    buckets,
  },
  "watchbill.run.lateness": {
    kind: "histogram",
    unit: "s",
    description: "How long after they were due runs started.",
    attributes: ["worker"],
    buckets,
  },
  "watchbill.run.missed": {
    kind: "counter",
    unit: "{run}",
    description: "Runs that were due and did not start.",
    attributes: ["worker", "reason"],
  },
  "watchbill.run.active": {
    kind: "upDownCounter",
    unit: "{run}",
    description: "Runs that are under way.",
    attributes: ["worker"],
  },
  "watchbill.run.retries": {
    kind: "counter",
    unit: "{retry}",
    description: "Further attempts of runs of a job.",
    attributes: ["worker", "cause"],
  },
  "watchbill.worker.restarts": {
    kind: "counter",
    unit: "{restart}",
    description: "Restarts of workers and groups, by their retry or by a command.",
    attributes: ["worker", "cause"],
  },
  "watchbill.worker.health": {
    kind: "gauge",
    unit: "{worker}",
    description: "1 for the health that a worker has, and 0 for the others.",
    attributes: ["worker", "state"],
  },
  "watchbill.worker.health_since.timestamp": {
    kind: "gauge",
    unit: "s",
    description: "Since when a worker that is not paused has its health, or when it was started.",
    attributes: ["worker"],
  },
  "watchbill.worker.last_success.timestamp": {
    kind: "gauge",
    unit: "s",
    description: "When a worker that is not paused last succeeded.",
    attributes: ["worker"],
  },
  "watchbill.worker.next_due.timestamp": {
    kind: "gauge",
    unit: "s",
    description: "When a worker that waits, or is in a backoff, runs next.",
    attributes: ["worker"],
  },
  "watchbill.worker.interval": {
    kind: "gauge",
    unit: "s",
    description: "How long apart two runs of a repeated worker that is not paused should be at most.",
    attributes: ["worker"],
  },
  "watchbill.worker.hung": {
    kind: "gauge",
    unit: "{worker}",
    description: "1 for a worker that did not stop in time, until it has.",
    attributes: ["worker"],
  },
  "watchbill.workers": {
    kind: "gauge",
    unit: "{worker}",
    description: "Workers in each phase.",
    attributes: ["phase"],
  },
  "watchbill.lease.held": {
    kind: "gauge",
    unit: "{lease}",
    description: "1 for a distributed worker that this process runs now, and 0 if it may and does not.",
    attributes: ["worker"],
  },
  "watchbill.lease.taken": {
    kind: "counter",
    unit: "{lease}",
    description: "Leases of distributed workers that this process has taken.",
    attributes: ["worker"],
  },
  "watchbill.lease.lost": {
    kind: "counter",
    unit: "{lease}",
    description: "Leases that this process has lost before the leased run had ended.",
    attributes: ["worker"],
  },
  "watchbill.info": {
    kind: "gauge",
    unit: "{process}",
    description: "1, with the version of watchbill and the engine of distributed workers.",
    attributes: ["version", "engine"],
  },
} as const satisfies Readonly<Record<`watchbill.${string}`, Instrument>>;

export type InstrumentName = keyof typeof instruments;

type NameOf<Kind extends Instrument["kind"]> = {
  [Name in InstrumentName]: (typeof instruments)[Name]["kind"] extends Kind ? Name : never;
}[InstrumentName];

export type HistogramName = NameOf<"histogram">;
export type CounterName = NameOf<"counter">;
/** Those whose values are read when metrics are collected. */
export type GaugeName = NameOf<"gauge" | "upDownCounter">;

/** The instruments of some kinds, in the order of the catalogue. */
export function instrumentsOf<Kind extends Instrument["kind"]>(...kinds: Kind[]): [name: NameOf<Kind>, instrument: Instrument][] {
  const isOf = (entry: [string, Instrument]): entry is [NameOf<Kind>, Instrument] => kinds.some((kind) => kind === entry[1].kind);
  return Object.entries<Instrument>(instruments).filter(isOf);
}
