import { channel, tracingChannel } from "node:diagnostics_channel";
import { expect } from "chai";
import { DeclarativeWorker, InvalidArgumentError, StaticBackoff, type WorkerContext, wait } from "watchbill";
import { type InstrumentOptions, instrument } from "watchbill/opentelemetry";
import { instruments } from "../../lib/metrics/instruments.js";
import { FakeRunners, runnerOf, turn, Warnings, workersIn } from "../metrics/metrics.fixture.js";
import { Sdk } from "./sdk.fixture.js";

const job = (name: string, run: (context: WorkerContext) => unknown = () => {}): DeclarativeWorker =>
  new DeclarativeWorker({ name, job: run, repeat: "10s" });

const countOf = (worker: string): string => `watchbill_run_lateness_count{worker="${worker}"}`;

describe("The metrics of instrument", () => {
  let runners: FakeRunners;
  let end: () => void;

  beforeEach(() => {
    runners = new FakeRunners();
    end = () => {};
  });

  afterEach(async () => {
    end();
    await runners.restore();
    Sdk.unregister();
  });

  it("have the names, units and values of the catalogue", async () => {
    const sdk = new Sdk().register();
    end = instrument();
    const inner = runnerOf([job("commits")]);
    runners.start([
      job("good", ({ signal }) => wait("2s", { signal })),
      new DeclarativeWorker({ name: "bad", job: () => Promise.reject(new RangeError("x")), repeat: "10s", retry: backoff }),
      new DeclarativeWorker({ name: "github", worker: inner }),
    ]);
    await runners.tick(13_000);
    const samples = await sdk.scrape();
    expect(samples.get('watchbill_run_duration_sum{outcome="ok",worker="good"}')).to.equal(2);
    expect(samples.get('watchbill_run_duration_bucket{le="1",outcome="ok",worker="good"}')).to.equal(0);
    expect(samples.get('watchbill_run_duration_bucket{le="5",outcome="ok",worker="good"}')).to.equal(1);
    expect(samples.get('watchbill_run_duration_count{error_type="RangeError",outcome="failed",worker="bad"}')).to.equal(1);
    expect(samples.get('watchbill_worker_restarts_total{cause="failed",worker="bad"}')).to.equal(1);
    expect(samples.get('watchbill_worker_health{state="ok",worker="good"}')).to.equal(1);
    expect(samples.get('watchbill_worker_interval{worker="github/commits"}')).to.equal(10);
    expect(samples.get(countOf("github/commits"))).to.equal(1);
    expect(samples.get('watchbill_workers{phase="backoff"}')).to.equal(1);
    expect(samples.get('watchbill_info{engine="none",version="0.1.0"}')).to.equal(1);
    const text = await sdk.text();
    expect(text).to.include("# UNIT watchbill_run_duration s\n");
    expect(text).to.include('otel_scope_name="watchbill",otel_scope_version="0.1.0"');
    const types = Array.from(text.matchAll(/^# TYPE (watchbill\w+) /gm), ([, name = ""]) => name);
    const names = Object.keys(instruments).map((name) => name.replaceAll(".", "_"));
    expect(types.filter((type) => !names.includes(type.replace(/_total$/, "")))).to.deep.equal([]);
  });

  it("are recorded if the SDK is registered after the runs have begun", async () => {
    end = instrument();
    runners.start([job("a")]);
    await runners.tick(10_000);
    const sdk = new Sdk().register();
    await runners.tick(10_000);
    expect((await sdk.scrape()).get(countOf("a"))).to.equal(1);
    expect((await sdk.scrape()).get('watchbill_worker_health{state="ok",worker="a"}')).to.equal(1);
  });

  it("have gauges within a second if the SDK is registered in a process without runs", async () => {
    end = instrument();
    runners.start([new DeclarativeWorker({ name: "a", job: () => {}, repeat: "1d" })]);
    const sdk = new Sdk().register();
    await runners.tick(1_000);
    expect((await sdk.scrape()).get('watchbill_worker_interval{worker="a"}')).to.equal(86_400);
  });

  it("go to the SDK that is registered last, and no more to the one before", async () => {
    end = instrument();
    const first = new Sdk().register();
    runners.start([job("a")]);
    await runners.tick(10_000);
    Sdk.unregister();
    const second = new Sdk().register();
    await runners.tick(20_000);
    expect((await first.scrape()).get(countOf("a"))).to.equal(1);
    expect((await second.scrape()).get(countOf("a"))).to.equal(2);
    const gauge = 'watchbill_worker_last_success_timestamp{worker="a"}';
    expect((await second.scrape()).get(gauge)).to.equal(Date.now() / 1_000);
    expect((await first.scrape()).get(gauge)).to.equal(undefined);
  });

  it("say once that a value is over, which the SDK would repeat for ever", async () => {
    const sdk = new Sdk().register();
    end = instrument();
    const runner = runners.start([job("a", ({ signal }) => wait("5s", { signal })), job("b")]);
    await runners.tick(1_000);
    const due = 'watchbill_worker_next_due_timestamp{worker="a"}';
    expect((await sdk.scrape()).get(due)).to.equal(Date.now() / 1_000 + 9);
    await runners.tick(10_000);
    expect((await sdk.scrape()).get(due)).to.deep.equal(Number.NaN);
    expect((await sdk.scrape()).get(due)).to.deep.equal(Number.NaN);
    expect((await sdk.scrape()).get('watchbill_run_active{worker="a"}')).to.equal(1);
    await runners.tick(5_000);
    expect((await sdk.scrape()).get(due)).to.equal(Date.now() / 1_000 + 4);
    void runner.remove("a");
    await runners.tick(1);
    const samples = await sdk.scrape();
    expect(samples.get('watchbill_worker_interval{worker="a"}')).to.deep.equal(Number.NaN);
    expect(samples.get('watchbill_worker_last_success_timestamp{worker="a"}')).to.deep.equal(Number.NaN);
    expect(samples.get('watchbill_worker_health{state="ok",worker="a"}')).to.equal(0);
    expect(samples.get('watchbill_run_active{worker="a"}')).to.equal(0);
    expect(samples.get('watchbill_worker_interval{worker="b"}')).to.equal(10);
  });

  it("stay within what the SDK keeps of each instrument, with ten thousand workers and four ends of their runs", async () => {
    const warnings = new Warnings();
    const sdk = new Sdk().register();
    end = instrument();
    let runs = 0;
    const fail = (): void => {
      const end = runs++ % 4;
      if (end < 3) throw Object.assign(new Error("x"), { name: `Error${end}` });
    };
    const retry = new StaticBackoff({ sleep: 0 });
    const names = Array.from({ length: 10_000 }, (_, number) => `w${number}`);
    runners.start(names.map((name) => new DeclarativeWorker({ name, job: fail, repeat: "10s", retry })));
    await runners.tick(40_000);
    const text = await sdk.text();
    expect(text).to.not.include("otel_metric_overflow");
    const samples = await sdk.scrape();
    expect(new Set(workersIn(samples, "watchbill_worker_health"))).to.have.property("size", 501);
    const counts = Array.from(samples).filter(([sample]) => sample.startsWith("watchbill_run_lateness_count"));
    expect(counts.reduce((sum, [, count]) => sum + count, 0)).to.equal(runs);
    expect(samples.get('watchbill_run_lateness_count{worker="other"}')).to.be.within(9_500, runs - 500);
    const phases = Array.from(samples).filter(([sample]) => sample.startsWith("watchbill_workers{"));
    expect(phases.reduce((sum, [, count]) => sum + count, 0)).to.equal(10_000);
    await turn();
    expect(warnings.messages.filter((message) => message.includes("There are more than 500 workers"))).to.have.length(1);
    warnings.stop();
  }).timeout(30_000);

  it("have series for more workers with a higher limit and a view", async () => {
    const views = [{ instrumentName: "watchbill.*", aggregationCardinalityLimit: 20_000 }];
    const sdk = new Sdk({ views }).register();
    end = instrument({ limit: 3_000 });
    runners.start(Array.from({ length: 3_000 }, (_, number) => job(`w${number}`)));
    await runners.tick(10_000);
    expect(await sdk.text()).to.not.include("otel_metric_overflow");
    expect((await sdk.scrape()).get('watchbill_worker_health{state="ok",worker="w2999"}')).to.equal(1);
  });

  it("leave nothing behind when they are ended, and can begin again", async () => {
    const isObserved = (): boolean => {
      const { start, end: ended, asyncEnd, error } = tracingChannel("watchbill:run");
      const names = ["missed", "retry", "restart", "command", "lease", "hung", "exit"].map((name) =>
        channel(`watchbill:${name}`),
      );
      return [start, ended, asyncEnd, error, ...names].some((each) => each.hasSubscribers);
    };
    const sdk = new Sdk().register();
    const stop = instrument({ runs: true });
    expect(isObserved()).to.equal(true);
    expect(runners.clock.countTimers()).to.equal(1);
    stop();
    expect(isObserved()).to.equal(false);
    expect(runners.clock.countTimers()).to.equal(0);
    runners.start([job("a")]);
    await runners.tick(10_000);
    expect(workersIn(await sdk.scrape(), "watchbill_worker_health")).to.deep.equal([]);
    end = instrument();
    stop();
    expect(() => instrument()).to.throw(InvalidArgumentError);
    await runners.tick(10_000);
    expect((await sdk.scrape()).get(countOf("a"))).to.equal(1);
  });

  it("say once that all values are over when they are ended, and when there is another SDK", async () => {
    const last = 'watchbill_worker_last_success_timestamp{worker="a"}';
    const values = async (sdk: Sdk): Promise<unknown[]> => {
      const samples = await sdk.scrape();
      return [samples.get(last), samples.get('watchbill_worker_health{state="ok",worker="a"}')];
    };
    const first = new Sdk().register();
    end = instrument();
    runners.start([job("a")]);
    await runners.tick(10_000);
    const success = Date.now() / 1_000;
    expect(await values(first)).to.deep.equal([success, 1]);
    Sdk.unregister();
    const second = new Sdk().register();
    await runners.tick(1_000);
    expect(await values(second)).to.deep.equal([success, 1]);
    expect(await values(first)).to.deep.equal([Number.NaN, 0]);
    end();
    expect(await values(second)).to.deep.equal([Number.NaN, 0]);
    end = instrument();
    expect(await values(second)).to.deep.equal([success, 1]);
    end();
    end = instrument();
    expect(await values(second)).to.deep.equal([success, 1]);
  });

  it("do no harm to the runs of a process without an SDK", async () => {
    end = instrument({ runs: true });
    let runs = 0;
    runners.start([job("a", () => void runs++)]);
    await runners.tick(20_000);
    expect(runs).to.equal(2);
  });

  it("are refused twice, and with options that are malformed", () => {
    const refused = (options: unknown, message: string): void => {
      expect(() => instrument(options as InstrumentOptions)).to.throw(InvalidArgumentError, message);
    };
    refused({ runs: "yes" }, "runs is yes: use true or false");
    refused({ trace: true }, 'instrument has no option "trace": use runs, metrics, label, limit');
    refused({ limit: 1.5 }, "limit is 1.5: use the number of workers that may have series of their own");
    end = instrument({ metrics: false });
    refused({}, "instrument was called already: call it once for the process, or call the function that it returned before");
  });
});

const backoff = new StaticBackoff({ sleep: "1h" });
