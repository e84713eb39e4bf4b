import {
  type BatchObservableCallback,
  type Counter,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
  type Observable,
  ValueType,
} from "@opentelemetry/api";
import {
  type Attributes,
  type CounterName,
  type GaugeName,
  type HistogramName,
  type Instrument,
  instruments,
  instrumentsOf,
} from "../metrics/instruments.js";
import type { Renderer } from "../metrics/recorder.js";
import { libraryVersion, type Measurement } from "../metrics/worker-gauges.js";

/** How often to look for another meter provider, in ms, in a process without runs. */
const timeBetweenLooks = 1_000;

/** The instruments of one meter provider. */
interface Instruments {
  readonly provider: MeterProvider;
  readonly counters: ReadonlyMap<CounterName, Counter>;
  readonly histograms: ReadonlyMap<HistogramName, Histogram>;
  readonly stop: () => void;
}

/**
 * Renders to the meter provider that is the global one at the time. An instrument that is created before an SDK is registered
 * never does anything, so all are created again when there is another provider.
 */
export class MeterRenderer implements Renderer {
  readonly #readGauges: () => readonly Measurement[];
  readonly #timer = setInterval(() => this.#current(), timeBetweenLooks).unref();
  #instruments: Instruments;

  constructor(readGauges: () => readonly Measurement[]) {
    this.#readGauges = readGauges;
    this.#instruments = this.#create(metrics.getMeterProvider());
  }

  #current(): Instruments {
    const provider = metrics.getMeterProvider();
    if (this.#instruments.provider !== provider) {
      this.#instruments.stop();
      this.#instruments = this.#create(provider);
    }
    return this.#instruments;
  }

  #create(provider: MeterProvider): Instruments {
    const meter = provider.getMeter("watchbill", libraryVersion);
    const counters = new Map(instrumentsOf("counter").map(([name, each]) => [name, meter.createCounter(name, optionsOf(each))]));
    const histograms = new Map(
      instrumentsOf("histogram").map(([name, each]) => [name, meter.createHistogram(name, optionsOf(each))]),
    );
    return { provider, counters, histograms, stop: observeGauges(meter, this.#readGauges) };
  }

  add(counter: CounterName, value: number, attributes: Attributes): void {
    this.#current().counters.get(counter)?.add(value, attributes);
  }

  record(histogram: HistogramName, value: number, attributes: Attributes): void {
    this.#current().histograms.get(histogram)?.record(value, attributes);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#instruments.stop();
  }
}

/**
 * Lets a meter read the gauges whenever metrics are collected, until the function that this returns is called.
 *
 * The SDK repeats the last value of an observation that is not made any more, for ever. So what was observed and has no value any
 * more is observed once as the value that says so; and all of it in the first collection after the end.
 */
function observeGauges(meter: Meter, readGauges: () => readonly Measurement[]): () => void {
  const observables = new Map(
    instrumentsOf("upDownCounter", "gauge").map(([name, each]) => [name, observable(meter, name, each)]),
  );
  let observed = new Map<string, Measurement>();
  let hasEnded = false;
  const callback: BatchObservableCallback = (result) => {
    const last = observed;
    observed = new Map();
    // Not at once: the SDK is going through its callbacks. Not by queueMicrotask, which fake timers replace.
    if (hasEnded) void Promise.resolve().then(remove);
    for (const measurement of hasEnded ? [] : readGauges()) {
      const { instrument, value, attributes } = measurement;
      const key = [instrument, ...Object.values(attributes)].join("\n");
      observed.set(key, measurement);
      last.delete(key);
      const target = observables.get(instrument);
      if (target !== undefined) result.observe(target, value, attributes);
    }
    for (const { instrument, attributes } of last.values()) {
      const target = observables.get(instrument);
      if (target !== undefined) result.observe(target, valueOfNone(instrument), attributes);
    }
  };
  const all = [...observables.values()];
  const remove = (): void => meter.removeBatchObservableCallback(callback, all);
  meter.addBatchObservableCallback(callback, all);
  return () => {
    hasEnded = true;
    if (observed.size === 0) remove();
  };
}

function observable(meter: Meter, name: GaugeName, instrument: Instrument): Observable {
  const options = optionsOf(instrument);
  return instrument.kind === "gauge"
    ? meter.createObservableGauge(name, options)
    : meter.createObservableUpDownCounter(name, options);
}

/**
 * There are 0 of what is counted. A time that there is not cannot be compared with any other; and a worker that is paused here is
 * not one that has a lease nowhere.
 */
function valueOfNone(instrument: GaugeName): number {
  return instruments[instrument].unit === "s" || instrument === "watchbill.lease.held" ? Number.NaN : 0;
}

function optionsOf({ unit, description, buckets }: Instrument) {
  const advice = buckets === undefined ? {} : { advice: { explicitBucketBoundaries: [...buckets] } };
  return { unit, description, valueType: ValueType.DOUBLE, ...advice };
}
