// Prints, as JSON, what a run costs with and without metrics and traces, and how long gauges take to read for 10,000 workers.
import { context, metrics, trace } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, InMemorySpanExporter, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { Registry } from "prom-client";
import { bootstrap, DeclarativeWorker, type Runner } from "watchbill";
import { cron } from "watchbill/cron";
import { instrument } from "watchbill/opentelemetry";
import { registerMetrics } from "watchbill/prometheus";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

const ms = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));

function start(workers: readonly DeclarativeWorker[]): { readonly runner: Runner; readonly run: Promise<void> } {
  const runner = bootstrap([...workers], { logger: silent, signals: [] });
  return { runner, run: runner.run() };
}

let runs = 0;

/** The CPU time of a run of an empty asynchronous job, in µs: 1,000 workers that run every 50 ms. */
async function costOfRun(): Promise<number> {
  const count = async (): Promise<void> => {
    runs++;
  };
  const { runner, run } = start(
    Array.from({ length: 1_000 }, (_, number) => new DeclarativeWorker({ name: `w${number}`, job: count, repeat: "50ms" })),
  );
  await ms(500);
  const [before, cpu] = [runs, process.cpuUsage()];
  await ms(1_500);
  const { user, system } = process.cpuUsage(cpu);
  const cost = (user + system) / (runs - before);
  await runner.stop();
  await run;
  return cost;
}

/** The median time of some readings, in ms. */
async function median(read: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let reading = 0; reading < 5; reading++) {
    const begin = performance.now();
    await read();
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[2] ?? 0;
}

/** How long a reading takes with 10,000 workers, in ms: by prom-client, and by OpenTelemetry. */
async function timeToRead(repeat: (number: number) => DeclarativeWorker["repeat"]): Promise<number[]> {
  const register = new Registry();
  const ends = [registerMetrics({ register }), instrument()];
  const reader = new PrometheusExporter({ preventServerStart: true });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  const { runner, run } = start(
    Array.from({ length: 10_000 }, (_, number) => {
      const declared = repeat(number);
      return new DeclarativeWorker({
        name: `w${number}`,
        job: () => {},
        ...(declared === undefined ? {} : { repeat: declared }),
      });
    }),
  );
  await ms(1_500);
  const times = [await median(() => register.metrics()), await median(() => reader.collect())];
  await runner.stop();
  await run;
  for (const end of ends) end();
  metrics.disable();
  return times;
}

const bare = await costOfRun();
const endProm = registerMetrics({ register: new Registry() });
const prom = await costOfRun();
endProm();

const spans = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(new InMemorySpanExporter())] });
spans.register();
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [new PrometheusExporter({ preventServerStart: true })] }));
const endOtel = instrument();
const otel = await costOfRun();
endOtel();
const endTraces = instrument({ metrics: false, runs: true });
const traces = await costOfRun();
endTraces();
for (const api of [context, trace, metrics]) api.disable();
const after = await costOfRun();

const interval = (): DeclarativeWorker["repeat"] => ({ interval: 1_000, startImmediately: false });
const schedule = (number: number): DeclarativeWorker["repeat"] => ({
  schedule: cron(`${number % 60} * * * *`, { timezone: "Europe/Berlin" }),
  startImmediately: false,
});
const [scrapeProm, scrapeOtel] = await timeToRead(interval);
const [cronProm] = await timeToRead(schedule);
console.log(
  JSON.stringify({ bare, prom, otel, traces, after, scrapeProm, scrapeOtel, cronProm }, (_, value) =>
    typeof value === "number" ? Math.round(value * 10) / 10 : value,
  ),
);
process.exit();
