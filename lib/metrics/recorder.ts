import { type EventOutcome, observe, type RunEvent, TimeoutError } from "../index.js";
import type { Attributes, CounterName, HistogramName } from "./instruments.js";
import { type Measurement, WorkerGauges } from "./worker-gauges.js";
import { type CheckedLabelOptions, WorkerLabels } from "./worker-labels.js";

/** Receives what is measured when it happens. */
export interface Renderer {
  add(counter: CounterName, value: number, attributes: Attributes): void;
  record(histogram: HistogramName, value: number, attributes: Attributes): void;
  /** Drops the series of a label. Without this, labels of workers that were removed are never used for others. */
  readonly forget?: (worker: string) => void;
}

/** So many names of errors have series of their own; further ones are counted as `_OTHER`, as in OpenTelemetry. */
const mostErrorTypes = 50;
const otherErrorType = "_OTHER";

/** Observes the events of all workers in this process until it is closed, and passes what they say to a renderer. */
export class Recorder {
  readonly #renderer: Renderer;
  readonly #labels: WorkerLabels;
  readonly #gauges: WorkerGauges;
  readonly #active = new Set<RunEvent>();
  readonly #hung = new Set<string>();
  readonly #errorTypes = new Set<string>();
  readonly #unsubscribe: readonly (() => void)[];

  constructor(renderer: Renderer, options: CheckedLabelOptions) {
    this.#renderer = renderer;
    this.#labels = new WorkerLabels(options);
    this.#gauges = new WorkerGauges(this.#labels);
    this.#unsubscribe = this.#observe();
  }

  #observe(): (() => void)[] {
    const count = (counter: CounterName, name: string, value = 1, attributes: Attributes = {}): void =>
      this.#renderer.add(counter, value, { worker: this.#labels.of(name), ...attributes });
    return [
      observe("watchbill:run", {
        start: (event) => this.#active.add(event),
        end: (event) => this.#onRunEnd(event),
      }),
      observe("watchbill:missed", ({ worker, count: missed, reason }) =>
        count("watchbill.run.missed", worker, missed, { reason }),
      ),
      observe("watchbill:retry", ({ worker, error }) => count("watchbill.run.retries", worker, 1, { cause: causeOf(error) })),
      observe("watchbill:restart", ({ worker, error }) =>
        count("watchbill.worker.restarts", worker, 1, { cause: causeOf(error) }),
      ),
      observe("watchbill:command", ({ worker, command }) => {
        if (command === "restart") count("watchbill.worker.restarts", worker, 1, { cause: "command" });
      }),
      observe("watchbill:lease", ({ worker, change }) => {
        this.#gauges.onLease();
        if (change !== "released") count(`watchbill.lease.${change}`, worker);
      }),
      observe("watchbill:hung", ({ worker }) => this.#hung.add(worker)),
      observe("watchbill:exit", ({ worker }) => this.#hung.delete(worker)),
    ];
  }

  #onRunEnd(event: RunEvent): void {
    const { outcome, error, duration, lateness } = event;
    if (outcome === undefined || duration === undefined || lateness === undefined) return;
    this.#active.delete(event);
    const worker = this.#labels.of(event.worker);
    const ended = { worker, outcome: outcomeOf(outcome, error) };
    this.#renderer.record(
      "watchbill.run.duration",
      duration / 1_000,
      error === undefined ? ended : { ...ended, "error.type": this.#errorType(error) },
    );
    this.#renderer.record("watchbill.run.lateness", lateness / 1_000, { worker });
  }

  #errorType(error: Error): string {
    const name = errorName(error);
    if (this.#errorTypes.has(name)) return name;
    if (this.#errorTypes.size >= mostErrorTypes) return otherErrorType;
    this.#errorTypes.add(name);
    return name;
  }

  /** Reads the gauges now. */
  readGauges(): Measurement[] {
    const active = Array.from(this.#active, ({ worker }) => worker);
    return this.#gauges.read({ active, hung: this.#hung }, this.#renderer.forget);
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }
}

/** How a run ended, in metrics and traces. */
export type RunOutcome = "ok" | "failed" | "aborted" | "timeout";

export function outcomeOf(outcome: EventOutcome, error: Error | undefined): RunOutcome {
  if (outcome === "failed") return error instanceof TimeoutError ? "timeout" : "failed";
  return outcome === "stopped" ? "aborted" : "ok";
}

function causeOf(error: Error | undefined): "returned" | "timeout" | "failed" {
  if (error === undefined) return "returned";
  return error instanceof TimeoutError ? "timeout" : "failed";
}

/** The name of an error; `_OTHER` if it has none that is a text. */
export function errorName(error: Error): string {
  try {
    const { name }: { readonly name: unknown } = error;
    return typeof name === "string" && name !== "" ? name : otherErrorType;
  } catch {
    return otherErrorType;
  }
}
