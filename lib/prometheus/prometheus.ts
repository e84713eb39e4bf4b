import { register as globalRegister, type Registry } from "prom-client";
import { InvalidArgumentError } from "../index.js";
import { instrumentsOf } from "../metrics/instruments.js";
import { Recorder } from "../metrics/recorder.js";
import { checkLabelOptions, checkOptionNames, type LabelOptions } from "../metrics/worker-labels.js";
import { metricName, PromClientMetrics } from "./prom-client-metrics.js";

export type { Label, LabelledWorker, LabelOptions } from "../metrics/worker-labels.js";

/** A registry of prom-client, of either content type. */
export type MetricsRegister = Pick<Registry, "getSingleMetric" | "registerMetric" | "removeSingleMetric">;

export interface RegisterMetricsOptions extends LabelOptions {
  /** Where the metrics are registered: by default the global registry of prom-client. */
  readonly register?: MetricsRegister | undefined;
}

/**
 * Registers the metrics of all workers in this process with a registry of prom-client, and keeps them up to date. Up to 1,000
 * workers have series of their own by default; docs/metrics.md lists the metrics. Gauges are read when the registry is.
 * @returns a function that ends this, and removes the metrics from the registry
 * @throws InvalidArgumentError if an option is malformed, or the registry has these metrics already
 */
export function registerMetrics(options: RegisterMetricsOptions = {}): () => void {
  checkOptionNames("registerMetrics", options, ["register", "label", "limit"]);
  const { register = globalRegister } = options;
  checkRegister(register);
  const labels = checkLabelOptions(options, 1_000);
  const metrics = new PromClientMetrics(() => recorder.readGauges());
  for (const metric of metrics.byName.values()) register.registerMetric(metric);
  const recorder = new Recorder(metrics, labels);
  return () => {
    recorder.close();
    for (const [name, metric] of metrics.byName) if (register.getSingleMetric(name) === metric) register.removeSingleMetric(name);
  };
}

function checkRegister(register: unknown): void {
  if (!isRegister(register))
    throw new InvalidArgumentError("register is not a registry: pass a Registry of prom-client, or leave it out");
  for (const [name, instrument] of instrumentsOf("histogram", "counter", "upDownCounter", "gauge")) {
    if (register.getSingleMetric(metricName(name, instrument)) !== undefined)
      throw new InvalidArgumentError(
        `The registry already has ${metricName(name, instrument)}: call the function that the first registerMetrics returned, or pass another registry`,
      );
  }
}

function isRegister(value: unknown): value is MetricsRegister {
  if (typeof value !== "object" || value === null) return false;
  const methods = ["getSingleMetric", "registerMetric", "removeSingleMetric"] as const;
  return methods.every((method) => method in value);
}
