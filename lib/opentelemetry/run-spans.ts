import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";
import { context, diag, type Link, type Span, type SpanContext, SpanStatusCode, trace } from "@opentelemetry/api";
import { observe, type RunEvent, wrapRuns } from "../index.js";
import { KnownWorkers } from "../metrics/known-workers.js";
import { errorName, outcomeOf } from "../metrics/recorder.js";
import { libraryVersion } from "../metrics/worker-gauges.js";

/** So many failed runs are kept, for the links of the next attempts: what runs within a worker may have any number of names. */
const mostFailed = 10_000;

/**
 * Makes a span of every run, until it is closed: a root span, as a worker runs for as long as the process does, with links to the
 * attempt before and to the run within which it is. It is the active span within the run.
 */
export class RunSpans {
  /** The span of the run, from the channel to the function that wraps the run. */
  readonly #ofRun = new AsyncLocalStorage<Span | undefined>();
  readonly #spans = new Map<RunEvent, Span>();
  /** Of the last run of each worker, if it failed. */
  readonly #failed = new Map<string, SpanContext>();
  readonly #workers = new KnownWorkers();
  readonly #undo: readonly (() => void)[];

  constructor() {
    const { start } = tracingChannel<unknown, RunEvent>("watchbill:run");
    start.bindStore(this.#ofRun, (event) => guarded(() => this.#start(event)));
    this.#undo = [
      () => void start.unbindStore(this.#ofRun),
      wrapRuns((_context, next) => {
        const span = this.#ofRun.getStore();
        return span === undefined ? next() : context.with(trace.setSpan(context.active(), span), next);
      }),
      observe("watchbill:run", { end: (event) => guarded(() => this.#end(event)) }),
      observe("watchbill:exit", ({ worker }) => this.#failed.delete(worker)),
    ];
  }

  #start(event: RunEvent): Span {
    const { worker, attempt, cause } = event;
    const around = this.#ofRun.getStore();
    // What runs within a run is not a worker, although it may have the name of one.
    const functionName = around === undefined ? this.#functionName(worker) : undefined;
    // Not kept: the provider of an SDK that is registered later is another one.
    const tracer = trace.getTracerProvider().getTracer("watchbill", libraryVersion);
    const span = tracer.startSpan(worker, {
      root: true,
      links: this.#links(event, around),
      attributes: {
        "watchbill.worker": worker,
        "watchbill.attempt": attempt,
        "watchbill.cause": cause,
        ...(functionName === undefined ? {} : { "code.function.name": functionName }),
      },
    });
    this.#spans.set(event, span);
    return span;
  }

  #links({ worker, attempt }: RunEvent, around: Span | undefined): Link[] {
    const links: Link[] = [];
    const before = attempt > 0 ? this.#failed.get(worker) : undefined;
    if (before !== undefined) links.push({ context: before, attributes: { "watchbill.link": "attempt before" } });
    if (around !== undefined) links.push({ context: around.spanContext(), attributes: { "watchbill.link": "run around" } });
    return links;
  }

  /** The name of a function that is a worker or job by itself. A method is called by a function of this library. */
  #functionName(worker: string): string | undefined {
    const found = this.#workers.find(worker);
    const code = found?.job ?? found?.worker;
    if (found?.group !== undefined || typeof code !== "function") return undefined;
    // A function without a name has that of the property that it was written into.
    return ["", "job", "worker"].includes(code.name) ? undefined : code.name;
  }

  #end(event: RunEvent): void {
    const span = this.#spans.get(event);
    const { worker, outcome, error, lateness } = event;
    if (span === undefined || outcome === undefined) return;
    this.#spans.delete(event);
    span.setAttribute("watchbill.outcome", outcomeOf(outcome, error));
    if (lateness !== undefined) span.setAttribute("watchbill.lateness", lateness / 1_000);
    if (error === undefined) {
      this.#failed.delete(worker);
      span.end();
      return;
    }
    this.#failed.set(worker, span.spanContext());
    const [oldest] = this.#failed.keys();
    if (oldest !== undefined && this.#failed.size > mostFailed) this.#failed.delete(oldest);
    // The error is one of the user, whose properties may throw.
    guarded(() => recordError(span, error));
    span.end();
  }

  /** Ends the spans of the runs that are under way, too. */
  close(): void {
    for (const undo of this.#undo) undo();
    for (const span of this.#spans.values()) guarded(() => span.end());
    this.#spans.clear();
  }
}

function recordError(span: Span, error: Error): void {
  span.setAttribute("error.type", errorName(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.recordException(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
}

/** A sampler or a span processor that fails must not end the process. */
function guarded<Result>(call: () => Result): Result | undefined {
  try {
    return call();
  } catch (error) {
    diag.error("watchbill: a span was not recorded", error);
    return undefined;
  }
}
