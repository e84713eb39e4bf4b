import { Counter, Gauge, Histogram } from "prom-client";
import {
  type Attributes,
  type CounterName,
  type GaugeName,
  type HistogramName,
  type Instrument,
  type InstrumentName,
  instrumentsOf,
} from "../metrics/instruments.js";
import type { Renderer } from "../metrics/recorder.js";
import type { Measurement } from "../metrics/worker-gauges.js";

/** One series of a metric. */
interface Series {
  readonly add: (value: number) => void;
  readonly remove: () => void;
}

/** The instruments of the catalogue as metrics of prom-client, which are in no registry yet. */
export class PromClientMetrics implements Renderer {
  /** By their names in Prometheus. Gauges come first, as reading them may remove series of the others. */
  readonly byName = new Map<string, Gauge | Counter | Histogram>();
  readonly #readGauges: () => readonly Measurement[];
  readonly #gauges = new Map<GaugeName, Gauge>();
  readonly #counters = new Map<CounterName, Counter>();
  readonly #histograms = new Map<HistogramName, Histogram>();
  /** The series of each worker, by the name and the attributes of the metric. */
  readonly #series = new Map<string, Map<string, Series>>();
  #isCurrent = false;

  constructor(readGauges: () => readonly Measurement[]) {
    this.#readGauges = readGauges;
    const collect = (): void => this.#collect();
    for (const [name, instrument] of instrumentsOf("upDownCounter", "gauge"))
      this.#gauges.set(name, this.#named(new Gauge({ ...configuration(name, instrument), collect })));
    for (const [name, instrument] of instrumentsOf("counter"))
      this.#counters.set(name, this.#named(new Counter(configuration(name, instrument))));
    for (const [name, instrument] of instrumentsOf("histogram")) {
      const { buckets = [] } = instrument;
      this.#histograms.set(name, this.#named(new Histogram({ ...configuration(name, instrument), buckets: [...buckets] })));
    }
  }

  #named<Metric extends Gauge | Counter | Histogram>(metric: Metric & { readonly name?: string }): Metric {
    this.byName.set(metric.name ?? "", metric);
    return metric;
  }

  /** Reads all gauges at once: a registry asks all of its metrics in one go. */
  #collect(): void {
    if (this.#isCurrent) return;
    this.#isCurrent = true;
    // Not queueMicrotask, which fake timers replace.
    void Promise.resolve().then(() => {
      this.#isCurrent = false;
    });
    for (const gauge of this.#gauges.values()) gauge.reset();
    for (const { instrument, value, attributes } of this.#readGauges())
      this.#gauges.get(instrument)?.set(labelsOf(attributes), value);
  }

  add(counter: CounterName, value: number, attributes: Attributes): void {
    const metric = this.#counters.get(counter);
    if (metric === undefined) return;
    this.#seriesOf(counter, attributes, (labels) => ({
      add: (by) => metric.inc(labels, by),
      remove: () => metric.remove(labels),
    })).add(value);
  }

  record(histogram: HistogramName, value: number, attributes: Attributes): void {
    const metric = this.#histograms.get(histogram);
    if (metric === undefined) return;
    this.#seriesOf(histogram, attributes, (labels) => ({
      add: (observed) => metric.observe(labels, observed),
      remove: () => metric.remove(labels),
    })).add(value);
  }

  #seriesOf(instrument: InstrumentName, attributes: Attributes, create: (labels: Record<string, string>) => Series): Series {
    const { worker = "" } = attributes;
    let ofWorker = this.#series.get(worker);
    if (ofWorker === undefined) this.#series.set(worker, (ofWorker = new Map()));
    const { outcome = "", "error.type": error = "", reason = "", cause = "" } = attributes;
    const key = `${instrument}\n${outcome}${reason}${cause}\n${error}`;
    let series = ofWorker.get(key);
    if (series === undefined) ofWorker.set(key, (series = create(labelsOf(attributes))));
    return series;
  }

  readonly forget = (worker: string): void => {
    for (const { remove } of this.#series.get(worker)?.values() ?? []) remove();
    this.#series.delete(worker);
  };
}

/** The name of an instrument in Prometheus, which ends with its unit. */
export function metricName(name: InstrumentName, { kind, unit }: Instrument): string {
  const base = name.replaceAll(".", "_");
  return `${base}${unit === "s" ? "_seconds" : ""}${kind === "counter" ? "_total" : ""}`;
}

function configuration(name: InstrumentName, instrument: Instrument) {
  return {
    name: metricName(name, instrument),
    help: instrument.description,
    labelNames: instrument.attributes.map(labelName),
    registers: [],
    aggregator: aggregatorOf(name, instrument),
  };
}

/** How the processes of a Node cluster are combined. A time is that of the process that is furthest behind. */
function aggregatorOf(name: InstrumentName, { kind, unit }: Instrument): "sum" | "min" | "max" {
  if (name === "watchbill.info" || name === "watchbill.worker.interval") return "max";
  return kind === "gauge" && unit === "s" ? "min" : "sum";
}

function labelsOf(attributes: Attributes): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([attribute, value]) => [labelName(attribute), value]));
}

function labelName(attribute: string): string {
  return attribute.replaceAll(".", "_");
}
