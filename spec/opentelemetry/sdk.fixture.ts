import { context, metrics, propagation, trace } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider, type ViewOptions } from "@opentelemetry/sdk-metrics";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { parseMetrics } from "../metrics/metrics.fixture.js";

/** The real SDK, with its exporter for Prometheus, and spans in memory. It is the global one from {@link register} on. */
export class Sdk {
  readonly #reader = new PrometheusExporter({ preventServerStart: true });
  readonly #meters: MeterProvider;
  readonly #exporter = new InMemorySpanExporter();
  readonly #tracers: NodeTracerProvider;

  /** Leaves no SDK registered. */
  static unregister(): void {
    for (const api of [metrics, trace, context, propagation]) api.disable();
  }

  constructor({ views = [], sampler }: { readonly views?: ViewOptions[]; readonly sampler?: Sampler } = {}) {
    this.#meters = new MeterProvider({ readers: [this.#reader], views });
    const spanProcessors = [new SimpleSpanProcessor(this.#exporter)];
    this.#tracers = new NodeTracerProvider(sampler === undefined ? { spanProcessors } : { spanProcessors, sampler });
  }

  register(): this {
    metrics.setGlobalMeterProvider(this.#meters);
    this.#tracers.register();
    return this;
  }

  get spans(): ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }

  /** What the exporter answers to a request of Prometheus. */
  async text(): Promise<string> {
    return new Promise((resolve) => {
      const response = { statusCode: 200, setHeader() {}, end: resolve };
      const answer: unknown = Reflect.get(this.#reader, "getMetricsRequestHandler");
      if (typeof answer === "function") Reflect.apply(answer, this.#reader, [{}, response]);
    });
  }

  async scrape(): Promise<Map<string, number>> {
    return parseMetrics(await this.text());
  }
}
