import { context, diag, trace } from "@opentelemetry/api";
import { type ReadableSpan, SamplingDecision } from "@opentelemetry/sdk-trace-node";
import { expect } from "chai";
import {
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  runAllJobs,
  StaticBackoff,
  stopped,
  type WorkerContext,
  wait,
} from "watchbill";
import { instrument } from "watchbill/opentelemetry";
import { FakeRunners, runnerOf } from "../metrics/metrics.fixture.js";
import { Sdk } from "./sdk.fixture.js";

const backoff = new StaticBackoff({ sleep: "1s" });

/** A span as a plain object, to compare. */
function shown(span: ReadableSpan | undefined) {
  return { name: span?.name, parent: span?.parentSpanContext?.spanId, attributes: span?.attributes, status: span?.status };
}

describe("The traces of instrument", () => {
  let runners: FakeRunners;
  let sdk: Sdk;
  let end: () => void;

  beforeEach(() => {
    runners = new FakeRunners();
    sdk = new Sdk().register();
    end = () => {};
  });

  afterEach(async () => {
    await runners.restore();
    end();
    Sdk.unregister();
  });

  function start(options: DeclarativeWorkerOptions) {
    end = instrument({ runs: true, metrics: false });
    return runners.start([new DeclarativeWorker({ name: "one", ...options })]);
  }

  it("have a root span for each run, with its cause, its lateness and its outcome", async () => {
    end = instrument({ runs: true, metrics: false });
    // A span that is active where the runner was started would last as long as the process.
    trace.getTracer("main").startActiveSpan("main", (main) => {
      runners.start([new DeclarativeWorker({ name: "one", job: ({ signal }) => wait("2s", { signal }), repeat: "10s" })]);
      main.end();
    });
    await runners.tick(13_000);
    const span = sdk.spans.find(({ name }) => name === "one");
    expect(shown(span)).to.deep.equal({
      name: "one",
      parent: undefined,
      attributes: {
        "watchbill.worker": "one",
        "watchbill.attempt": 0,
        "watchbill.cause": "schedule",
        "watchbill.lateness": 0,
        "watchbill.outcome": "ok",
      },
      status: { code: 0 },
    });
    expect(span?.instrumentationScope).to.deep.include({ name: "watchbill", version: "0.1.0" });
    expect(span?.ended).to.equal(true);
    expect(span?.spanContext().traceId).to.not.equal(sdk.spans.find(({ name }) => name === "main")?.spanContext().traceId);
  });

  it("have the spans of the user within the run, also in what it awaits and in callbacks", async () => {
    const tracer = trace.getTracer("mine");
    const job = async ({ signal }: WorkerContext) => {
      tracer.startSpan("first").end();
      await wait("1s", { signal });
      await tracer.startActiveSpan("second", async (second) => {
        await Promise.resolve();
        tracer.startSpan("third").end();
        second.end();
      });
      process.nextTick(() => tracer.startSpan("fourth").end());
      await wait("1s", { signal });
    };
    start({ job, repeat: "10s" });
    await runners.tick(13_000);
    const ids = new Map(sdk.spans.map((span) => [span.name, span.spanContext()]));
    const parents = Object.fromEntries(sdk.spans.map((span) => [span.name, span.parentSpanContext?.spanId]));
    expect(parents).to.deep.equal({
      one: undefined,
      first: ids.get("one")?.spanId,
      second: ids.get("one")?.spanId,
      third: ids.get("second")?.spanId,
      fourth: ids.get("one")?.spanId,
    });
    expect(new Set(sdk.spans.map((span) => span.spanContext().traceId))).to.have.property("size", 1);
  });

  it("have the active context of the run in records of a log, and none outside of runs", async () => {
    const lines: string[] = [];
    const log = (message: string): void => {
      lines.push(`${message} ${trace.getActiveSpan()?.spanContext().traceId ?? "without a trace"}`);
    };
    const job = async ({ logger }: WorkerContext) => {
      logger.info("in the run");
      await Promise.resolve();
      logger.info("in the run");
    };
    const logger = {
      debug() {},
      warn() {},
      error() {},
      info: (first: unknown, second?: unknown) => log(String(second ?? first)),
    };
    end = instrument({ runs: true, metrics: false });
    runners.start([new DeclarativeWorker({ name: "one", job, repeat: "10s" })], { logger });
    await runners.tick(10_000);
    const trace1 = sdk.spans[0]?.spanContext().traceId;
    expect(lines).to.deep.equal(["started 1 worker without a trace", `in the run ${trace1}`, `in the run ${trace1}`]);
    expect(context.active().getValue(Symbol.for("x"))).to.equal(undefined);
  });

  it("have the error, and a link to the attempt before", async () => {
    let runs = 0;
    const job = (): void => {
      if (runs++ < 2) throw new RangeError(`failure ${runs}`);
    };
    start({ job, repeat: "10s", retryJob: backoff });
    await runners.tick(30_000);
    const [first, second, third, fourth] = sdk.spans;
    expect(first?.attributes).to.deep.include({
      "watchbill.outcome": "failed",
      "error.type": "RangeError",
      "watchbill.attempt": 0,
    });
    expect(first?.status).to.deep.equal({ code: 2, message: "failure 1" });
    expect(first?.events[0]).to.deep.include({ name: "exception" });
    expect(first?.events[0]?.attributes).to.include({ "exception.type": "RangeError", "exception.message": "failure 1" });
    expect(first?.links).to.deep.equal([]);
    const links = (span: ReadableSpan | undefined) =>
      span?.links.map(({ context: { spanId }, attributes }) => [spanId, attributes?.["watchbill.link"]]);
    expect(links(second)).to.deep.equal([[first?.spanContext().spanId, "attempt before"]]);
    expect(links(third)).to.deep.equal([[second?.spanContext().spanId, "attempt before"]]);
    expect(third?.attributes).to.deep.include({ "watchbill.outcome": "ok", "watchbill.attempt": 2, "watchbill.cause": "retry" });
    expect(links(fourth)).to.deep.equal([]);
    expect(fourth?.attributes).to.include({ "watchbill.attempt": 0 });
    expect(new Set(sdk.spans.map((span) => span.spanContext().traceId))).to.have.property("size", sdk.spans.length);
  });

  it("tell a timeout, and a run that was aborted without an error", async () => {
    const runner = start({ job: ({ signal }) => wait("1h", { signal }), repeat: "10s", timeout: "3s", retryJob: backoff });
    await runners.tick(15_000);
    void runner.stop();
    await runners.tick(1_000);
    expect(sdk.spans.map(({ attributes }) => attributes["watchbill.outcome"])).to.deep.equal(["timeout"]);
    expect(sdk.spans[0]?.attributes["error.type"]).to.equal("TimeoutError");
    const other = runners.start([new DeclarativeWorker({ name: "two", worker: ({ signal }) => stopped(signal) })]);
    await runners.tick(1_000);
    void other.stop();
    await runners.tick(1_000);
    expect(sdk.spans.at(-1)?.attributes).to.include({ "watchbill.outcome": "aborted" }).and.to.not.have.property("error.type");
    expect(sdk.spans.at(-1)?.status).to.deep.equal({ code: 0 });
  });

  it("have a span for each attempt of a continuous worker", async () => {
    const worker = async ({ signal }: WorkerContext) => {
      await wait("5s", { signal });
      throw new Error("disconnected");
    };
    start({ worker, retry: backoff });
    await runners.tick(12_500);
    expect(
      sdk.spans.map(({ name, attributes }) => [name, attributes["watchbill.attempt"], attributes["watchbill.cause"]]),
    ).to.deep.equal([
      ["one", 0, "start"],
      ["one", 1, "retry"],
    ]);
    expect(sdk.spans[1]?.links.map((link) => link.context.spanId)).to.deep.equal([sdk.spans[0]?.spanContext().spanId]);
  });

  it("link what runs within a run to that run, each as a root of its own", async () => {
    const within = (context: WorkerContext) => runAllJobs([function part() {}], context);
    start({ job: within, repeat: "10s" });
    await runners.tick(10_000);
    const [part, one] = sdk.spans;
    expect(part).to.include({ name: "one/part", parentSpanContext: undefined });
    expect(part?.links.map(({ context: { spanId }, attributes }) => [spanId, attributes])).to.deep.equal([
      [one?.spanContext().spanId, { "watchbill.link": "run around" }],
    ]);
  });

  it("name the worker of a nested runner as its events do, and a function that is a job", async () => {
    end = instrument({ runs: true, metrics: false });
    async function fetchCommits(): Promise<void> {}
    const inner = runnerOf([new DeclarativeWorker({ name: "commits", job: fetchCommits, repeat: "10s" })]);
    runners.start([new DeclarativeWorker({ name: "github", worker: inner })]);
    await runners.tick(10_000);
    expect(sdk.spans.map(({ name }) => name)).to.deep.equal(["github/commits"]);
    expect(sdk.spans[0]?.attributes).to.include({ "code.function.name": "fetchCommits", "watchbill.worker": "github/commits" });
  });

  it("do not name the function of another worker for what runs within a run", async () => {
    const within = (context: WorkerContext) => runAllJobs([function part() {}], context);
    function sync(): void {}
    end = instrument({ runs: true, metrics: false });
    const every = (name: string, job: DeclarativeWorkerOptions["job"]) => new DeclarativeWorker({ name, job, repeat: "10s" });
    runners.start([every("one", within), every("part", sync)]);
    await runners.tick(10_000);
    const functions = Object.fromEntries(sdk.spans.map(({ name, attributes }) => [name, attributes["code.function.name"]]));
    expect(functions).to.deep.equal({ "one/part": undefined, one: "within", part: "sync" });
  });

  it("are recorded by an SDK that is registered later, and by the next one", async () => {
    Sdk.unregister();
    let active = 0;
    start({ job: () => void (active += trace.getActiveSpan()?.isRecording() === true ? 1 : 0), repeat: "10s" });
    await runners.tick(10_000);
    expect(active).to.equal(0);
    sdk.register();
    await runners.tick(10_000);
    expect([active, sdk.spans.length]).to.deep.equal([1, 1]);
    Sdk.unregister();
    const next = new Sdk().register();
    await runners.tick(10_000);
    expect([active, sdk.spans.length, next.spans.length]).to.deep.equal([2, 1, 1]);
  });

  it("end with instrument, also those of runs that are under way", async () => {
    start({ worker: ({ signal }) => stopped(signal) });
    await runners.tick(1_000);
    expect(sdk.spans).to.deep.equal([]);
    end();
    expect(sdk.spans.map(({ name }) => name)).to.deep.equal(["one"]);
    await runners.restore();
    runners = new FakeRunners();
    expect(sdk.spans).to.have.length(1);
  });

  it("end also if the error of a run cannot be read", async () => {
    const errors: unknown[] = [];
    const ignore = (): void => {};
    diag.setLogger({ error: (...parts) => errors.push(parts[0]), warn: ignore, info: ignore, debug: ignore, verbose: ignore });
    const unreadable = {
      get: () => {
        throw new Error("unreadable");
      },
    };
    const job = (): never => {
      throw Object.defineProperty(new RangeError("x"), "message", unreadable);
    };
    start({ job, repeat: "10s", retry: backoff });
    await runners.tick(10_000);
    diag.disable();
    const [span] = sdk.spans;
    expect(span?.attributes).to.include({ "watchbill.outcome": "failed", "error.type": "RangeError" });
    expect(span?.status).to.deep.equal({ code: 2 });
    expect(errors).to.include("watchbill: a span was not recorded");
  });

  it("do not end the process, nor the run, if a sampler fails", async () => {
    Sdk.unregister();
    const errors: unknown[] = [];
    const ignore = (): void => {};
    diag.setLogger({
      error: (...parts) => errors.push(parts.join(" ")),
      warn: ignore,
      info: ignore,
      debug: ignore,
      verbose: ignore,
    });
    const sampler = {
      shouldSample: () => {
        throw new Error("no sample");
      },
      toString: () => String(SamplingDecision.RECORD),
    };
    sdk = new Sdk({ sampler }).register();
    let runs = 0;
    start({ job: () => void runs++, repeat: "10s" });
    await runners.tick(20_000);
    diag.disable();
    expect(runs).to.equal(2);
    expect(errors).to.deep.equal(Array(2).fill("watchbill: a span was not recorded Error: no sample"));
  });
});
