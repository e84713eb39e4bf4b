import { InvalidArgumentError } from "../index.js";
import { Recorder } from "../metrics/recorder.js";
import { checkLabelOptions, checkOptionNames, type LabelOptions } from "../metrics/worker-labels.js";
import { MeterRenderer } from "./meter-renderer.js";
import { RunSpans } from "./run-spans.js";

export type { Label, LabelledWorker, LabelOptions } from "../metrics/worker-labels.js";

export interface InstrumentOptions extends LabelOptions {
  /** Whether each run is a span, within which your own spans and log records are. `false` by default. */
  readonly runs?: boolean | undefined;
  /** Whether there are metrics. `true` by default. */
  readonly metrics?: boolean | undefined;
}

/**
 * The SDK keeps 2,000 sets of attributes for an instrument, and adds up all further ones. A worker has about four: the states of
 * its health, and the ways in which its runs end.
 */
const defaultLimit = 500;

let isInstrumented = false;

/**
 * Records metrics, and with `runs` spans, of all workers in this process with the global providers of `@opentelemetry/api`,
 * whether the SDK is registered before or after this. Up to 500 workers have series of their own by default; docs/metrics.md
 * lists the instruments and attributes.
 * @returns a function that ends this
 * @throws InvalidArgumentError if an option is malformed, or this was called before and has not been ended
 */
export function instrument(options: InstrumentOptions = {}): () => void {
  checkOptionNames("instrument", options, ["runs", "metrics", "label", "limit"]);
  const { runs = false, metrics = true } = options;
  for (const [name, value] of Object.entries({ runs, metrics }))
    if (typeof value !== "boolean") throw new InvalidArgumentError(`${name} is ${String(value)}: use true or false`);
  const labels = checkLabelOptions(options, defaultLimit);
  if (isInstrumented)
    throw new InvalidArgumentError(
      "instrument was called already: call it once for the process, or call the function that it returned before",
    );
  const ends: (() => void)[] = [];
  if (metrics) {
    const renderer = new MeterRenderer(() => recorder.readGauges());
    const recorder = new Recorder(renderer, labels);
    ends.push(
      () => recorder.close(),
      () => renderer.close(),
    );
  }
  if (runs) {
    const spans = new RunSpans();
    ends.push(() => spans.close());
  }
  isInstrumented = true;
  let hasEnded = false;
  return () => {
    if (hasEnded) return;
    hasEnded = true;
    isInstrumented = false;
    for (const end of ends) end();
  };
}
