import { channel, tracingChannel } from "node:diagnostics_channel";
import { expect } from "chai";
import { AggregatorRegistry, Counter, register as globalRegister, type OpenMetricsContentType, Registry } from "prom-client";
import {
  DeclarativeWorker,
  type Duration,
  InvalidArgumentError,
  Named,
  Repeat,
  Retry,
  runAllJobs,
  StaticBackoff,
  stopped,
  type WorkerContext,
  wait,
} from "watchbill";
import { cron } from "watchbill/cron";
import { registerMetrics } from "watchbill/prometheus";
import { Simulation } from "../distributed/simulation.fixture.js";
import { FakeRunners, parseMetrics, runnerOf, turn, Warnings, workersIn } from "../metrics/metrics.fixture.js";

const job = (name: string, run: (context: WorkerContext) => unknown = () => {}): DeclarativeWorker =>
  new DeclarativeWorker({ name, job: run, repeat: "10s" });

const idle = (name: string): DeclarativeWorker =>
  new DeclarativeWorker({ name, worker: ({ signal }: WorkerContext) => stopped(signal) });

const namedFunction = (name: string): (() => void) => Object.defineProperty(() => {}, "name", { value: name });

describe("registerMetrics", () => {
  let runners: FakeRunners;
  let register: Registry;
  let end: () => void;

  beforeEach(() => {
    runners = new FakeRunners();
    register = new Registry();
    end = () => {};
  });

  afterEach(async () => {
    await runners.restore();
    end();
  });

  async function scrape(): Promise<Map<string, number>> {
    return parseMetrics(await register.metrics());
  }

  it("counts runs with their duration, lateness, outcome and error", async () => {
    end = registerMetrics({ register });
    class HttpError extends Error {
      override readonly name = "HttpError";
    }
    const retryJob = new StaticBackoff({ sleep: "1s" });
    const runner = runners.start([
      job("good", ({ signal }) => wait("2s", { signal })),
      new DeclarativeWorker({ name: "bad", job: () => Promise.reject(new HttpError("503")), repeat: "10s", retryJob }),
      idle("idle"),
    ]);
    await runners.tick(12_500);
    void runner.stop();
    await runners.tick(1_000);
    const samples = await scrape();
    expect(samples.get('watchbill_run_duration_seconds_count{outcome="ok",worker="good"}')).to.equal(1);
    expect(samples.get('watchbill_run_duration_seconds_sum{outcome="ok",worker="good"}')).to.equal(2);
    expect(samples.get('watchbill_run_duration_seconds_bucket{le="1",outcome="ok",worker="good"}')).to.equal(0);
    expect(samples.get('watchbill_run_duration_seconds_bucket{le="5",outcome="ok",worker="good"}')).to.equal(1);
    expect(samples.get('watchbill_run_duration_seconds_count{error_type="HttpError",outcome="failed",worker="bad"}')).to.equal(3);
    expect(samples.get('watchbill_run_retries_total{cause="failed",worker="bad"}')).to.equal(3);
    expect(samples.get('watchbill_run_duration_seconds_count{outcome="aborted",worker="idle"}')).to.equal(1);
    expect(samples.get('watchbill_run_lateness_seconds_count{worker="good"}')).to.equal(1);
    expect(samples.get('watchbill_run_lateness_seconds_sum{worker="good"}')).to.equal(0);
  });

  it("tells a run that exceeded its timeout from one that failed", async () => {
    end = registerMetrics({ register });
    runners.start([
      new DeclarativeWorker({
        name: "slow",
        job: ({ signal }) => wait("1h", { signal }),
        repeat: "10s",
        timeout: "3s",
        retry: new StaticBackoff({ sleep: "1h" }),
      }),
    ]);
    await runners.tick(14_000);
    const samples = await scrape();
    expect(samples.get('watchbill_run_duration_seconds_sum{error_type="TimeoutError",outcome="timeout",worker="slow"}')).to.equal(
      3,
    );
    expect(samples.get('watchbill_worker_restarts_total{cause="timeout",worker="slow"}')).to.equal(1);
    expect(samples.get('watchbill_workers{phase="backoff"}')).to.equal(1);
    expect(samples.get('watchbill_worker_health{state="firing",worker="slow"}')).to.equal(1);
    expect(samples.get('watchbill_worker_health{state="ok",worker="slow"}')).to.equal(0);
  });

  it("counts missed runs by their reason, restarts by their cause, and the runs that are under way", async () => {
    end = registerMetrics({ register });
    const runner = runners.start([
      job("busy", ({ signal }) => wait("25s", { signal })),
      job("paused"),
      new DeclarativeWorker({ name: "returning", worker: () => wait("1s"), retry: new StaticBackoff({ sleep: "1s" }) }),
    ]);
    await runner.pause("paused");
    await runners.tick(34_500);
    expect((await scrape()).get('watchbill_run_active{worker="busy"}')).to.equal(1);
    await runners.tick(1_000);
    runner.resume("paused");
    await runners.tick(500);
    const samples = await scrape();
    expect(samples.get('watchbill_run_missed_total{reason="busy",worker="busy"}')).to.equal(1);
    expect(samples.get('watchbill_run_missed_total{reason="paused",worker="paused"}')).to.equal(3);
    expect(samples.get('watchbill_worker_restarts_total{cause="returned",worker="returning"}')).to.equal(35);
    expect(samples.get('watchbill_run_active{worker="busy"}')).to.equal(1);
    expect(samples.get('watchbill_run_active{worker="paused"}')).to.equal(0);
  });

  it("counts restarts by a command, under the full name of a worker of a nested runner", async () => {
    end = registerMetrics({ register });
    const inner = runnerOf([idle("listen")]);
    const runner = runners.start([new DeclarativeWorker({ name: "feed", worker: inner }), job("job"), idle("other")]);
    await Promise.all([inner.restart("listen"), runner.restart("job"), runners.tick(1)]);
    await runner.pause("other");
    runner.resume("other");
    const restarts = Array.from(await scrape()).filter(([sample]) => sample.startsWith("watchbill_worker_restarts_total{"));
    expect(restarts).to.deep.equal([
      ['watchbill_worker_restarts_total{cause="command",worker="feed/listen"}', 1],
      ['watchbill_worker_restarts_total{cause="command",worker="job"}', 1],
    ]);
  });

  it("reads health, times and phases when the registry is read", async () => {
    end = registerMetrics({ register });
    runners.start([job("good"), idle("idle")]);
    const start = Date.now() / 1_000;
    let samples = await scrape();
    expect(samples.get('watchbill_worker_health{state="init",worker="good"}')).to.equal(1);
    expect(workersIn(samples, "watchbill_worker_last_success_timestamp_seconds")).to.deep.equal([]);
    expect(samples.get('watchbill_worker_health_since_timestamp_seconds{worker="good"}')).to.equal(start);
    await runners.tick(11_000);
    samples = await scrape();
    expect(samples.get('watchbill_worker_health{state="init",worker="good"}')).to.equal(0);
    expect(samples.get('watchbill_worker_health{state="ok",worker="good"}')).to.equal(1);
    expect(samples.get('watchbill_worker_last_success_timestamp_seconds{worker="good"}')).to.equal(start + 10);
    expect(samples.get('watchbill_worker_next_due_timestamp_seconds{worker="good"}')).to.equal(start + 20);
    expect(samples.get('watchbill_worker_interval_seconds{worker="good"}')).to.equal(10);
    expect(workersIn(samples, "watchbill_worker_interval_seconds")).to.deep.equal(["good"]);
    expect(samples.get('watchbill_workers{phase="waiting"}')).to.equal(1);
    expect(samples.get('watchbill_workers{phase="running"}')).to.equal(1);
    expect(samples.get('watchbill_workers{phase="paused"}')).to.equal(0);
    expect(samples.get('watchbill_info{engine="none",version="0.1.0"}')).to.equal(1);
  });

  it("reads gauges of a single metric that is read alone", async () => {
    end = registerMetrics({ register });
    const runner = runners.start([job("a")]);
    expect(
      parseMetrics(await register.getSingleMetricAsString("watchbill_workers")).get('watchbill_workers{phase="waiting"}'),
    ).to.equal(1);
    runner.add(job("b"));
    expect(
      parseMetrics(await register.getSingleMetricAsString("watchbill_workers")).get('watchbill_workers{phase="waiting"}'),
    ).to.equal(2);
  });

  it("has the longest gap of a schedule that matters now as its interval", async () => {
    end = registerMetrics({ register });
    runners.clock.setSystemTime(Date.UTC(2026, 10, 27, 16, 30));
    runners.start([
      new DeclarativeWorker({
        name: "office",
        job: () => {},
        repeat: cron("0 9-17 * * 1-5", { timezone: "UTC" }),
      }),
    ]);
    const interval = async (): Promise<number | undefined> =>
      (await scrape()).get('watchbill_worker_interval_seconds{worker="office"}');
    expect(await interval()).to.equal(64 * 3_600);
    // On Friday at 17:30, the next two times are an hour apart, on Monday.
    await runners.tick(3_600_000);
    expect(await interval()).to.be.within(64 * 3_600 - 1, 64 * 3_600);
    // On Monday at 9:30.
    await runners.tick(64 * 3_600_000);
    expect(await interval()).to.equal(3_600);
  });

  it("asks a schedule again after a due time without a success", async () => {
    end = registerMetrics({ register });
    runners.clock.setSystemTime(Date.UTC(2026, 10, 27, 16, 30));
    const fail = () => Promise.reject(new Error("x"));
    const repeat = cron("0 9-17 * * 1-5", { timezone: "UTC" });
    runners.start([new DeclarativeWorker({ name: "office", job: fail, repeat, retry: new StaticBackoff({ sleep: "1s" }) })]);
    expect((await scrape()).get('watchbill_worker_interval_seconds{worker="office"}')).to.equal(64 * 3_600);
    await runners.tick(65 * 3_600_000);
    expect((await scrape()).get('watchbill_worker_interval_seconds{worker="office"}')).to.equal(3_600);
  });

  it("has the initial delay as the interval of a worker that has not succeeded, if that is longer", async () => {
    end = registerMetrics({ register });
    runners.start([
      new DeclarativeWorker({ name: "later", job: () => {}, repeat: { interval: "10s", initialDelay: "1h" } }),
      new DeclarativeWorker({ name: "sooner", job: () => {}, repeat: { interval: "10s", initialDelay: "1s" } }),
    ]);
    expect((await scrape()).get('watchbill_worker_interval_seconds{worker="later"}')).to.equal(3_600);
    expect((await scrape()).get('watchbill_worker_interval_seconds{worker="sooner"}')).to.equal(10);
    await runners.tick(3_600_000);
    expect((await scrape()).get('watchbill_worker_interval_seconds{worker="later"}')).to.equal(10);
  });

  it("has the earliest times and the longest interval of workers with one label, without those that are paused", async () => {
    end = registerMetrics({ register, label: () => "all" });
    const every = (name: string, repeat: Duration) => new DeclarativeWorker({ name, job: () => {}, repeat });
    const runner = runners.start([every("a", "10s"), every("b", "15s"), every("paused", "1s")]);
    const start = Date.now() / 1_000;
    await runners.tick(5_000);
    await runner.pause("paused");
    await runners.tick(17_000);
    const samples = await scrape();
    expect(samples.get('watchbill_worker_last_success_timestamp_seconds{worker="all"}')).to.equal(start + 15);
    expect(samples.get('watchbill_worker_next_due_timestamp_seconds{worker="all"}')).to.equal(start + 30);
    expect(samples.get('watchbill_worker_interval_seconds{worker="all"}')).to.equal(15);
    expect(samples.get('watchbill_worker_health{state="ok",worker="all"}')).to.equal(3);
  });

  it("has the times of the repeated workers alone if others with the same label are continuous", async () => {
    end = registerMetrics({ register, label: () => "all" });
    const continuous = (context: WorkerContext) => {
      context.reportHealth();
      return stopped(context.signal);
    };
    runners.start([new DeclarativeWorker({ name: "continuous", worker: continuous })]);
    const start = Date.now() / 1_000;
    const times = async (): Promise<unknown[]> => {
      const samples = await scrape();
      const names = ["last_success", "health_since"];
      return names.map((name) => samples.get(`watchbill_worker_${name}_timestamp_seconds{worker="all"}`));
    };
    await runners.tick(5_000);
    expect(await times()).to.deep.equal([start, start]);
    runners.start([job("repeated")]);
    expect(await times()).to.deep.equal([undefined, start + 5]);
    await runners.tick(3_600_000);
    expect(await times()).to.deep.equal([start + 3_605, start + 15]);
  });

  it("counts a worker that has never succeeded from its start if others with the same label have", async () => {
    end = registerMetrics({ register, label: () => "all" });
    const runner = runners.start([job("good")]);
    await runners.tick(20_000);
    const start = Date.now() / 1_000;
    runner.add(job("hanging", ({ signal }) => stopped(signal)));
    await runners.tick(3_600_000);
    const samples = await scrape();
    expect(samples.get('watchbill_worker_last_success_timestamp_seconds{worker="all"}')).to.equal(start);
  });

  it("adds up the processes of a cluster, other than times", async () => {
    end = registerMetrics({ register });
    const runner = runners.start([job("a")]);
    await runners.tick(10_000);
    const [one, success] = [await register.getMetricsAsJSON(), Date.now() / 1_000];
    await Promise.all([runner.remove("a"), runners.tick(1)]);
    runner.add(new DeclarativeWorker({ name: "a", job: () => {}, repeat: "15s" }));
    runner.add(job("b"));
    await runners.tick(15_000);
    const processes = [one, await register.getMetricsAsJSON()];
    for (const order of [processes, processes.toReversed()]) {
      const samples = parseMetrics(await AggregatorRegistry.aggregate(order).metrics());
      expect(samples.get('watchbill_worker_last_success_timestamp_seconds{worker="a"}')).to.equal(success);
      expect(samples.get('watchbill_worker_interval_seconds{worker="a"}')).to.equal(15);
      expect(samples.get('watchbill_workers{phase="waiting"}')).to.equal(3);
      expect(samples.get('watchbill_run_lateness_seconds_count{worker="a"}')).to.equal(3);
    }
  });

  it("has neither times nor an interval nor a lease of a worker that is paused", async () => {
    end = registerMetrics({ register });
    const runner = runners.start([new DeclarativeWorker({ name: "job", job: () => {}, repeat: "10s", distributed: true })]);
    await runners.tick(10_000);
    expect(workersIn(await scrape(), "watchbill_lease_held")).to.deep.equal(["job"]);
    await runner.pause("job");
    const samples = await scrape();
    for (const metric of ["interval_seconds", "next_due_timestamp_seconds", "last_success_timestamp_seconds"])
      expect(workersIn(samples, `watchbill_worker_${metric}`), metric).to.deep.equal([]);
    expect(workersIn(samples, "watchbill_lease_held")).to.deep.equal([]);
    expect(samples.get('watchbill_worker_health{state="ok",worker="job"}')).to.equal(1);
  });

  it("says which worker hangs until it has stopped, also after its runner", async () => {
    end = registerMetrics({ register });
    let release = (): void => {};
    const hanging = new DeclarativeWorker({
      name: "hanging",
      worker: () => new Promise<void>((resolve) => (release = resolve)),
      shutdownTimeout: "2s",
    });
    const runner = runners.start([hanging]);
    const hung = async (): Promise<number | undefined> => (await scrape()).get('watchbill_worker_hung{worker="hanging"}');
    expect(await hung()).to.equal(0);
    void runner.stop().catch(() => {});
    await runners.tick(3_000);
    expect(await hung()).to.equal(1);
    release();
    await runners.tick(1);
    expect(await hung()).to.equal(undefined);
  });

  it("names workers of nested runners as their events do", async () => {
    end = registerMetrics({ register });
    const inner = runnerOf([job("github/commits"), job("mail")]);
    runners.start([new DeclarativeWorker({ name: "eu/github", worker: inner })]);
    await runners.tick(10_000);
    const samples = await scrape();
    const names = ["eu/github/commits", "eu/github/mail"];
    expect(workersIn(samples, "watchbill_worker_interval_seconds")).to.deep.equal(names);
    expect(workersIn(samples, "watchbill_run_lateness_seconds_count")).to.deep.equal(names);
    expect(workersIn(samples, "watchbill_run_active")).to.have.members(["eu/github", ...names]);
  });

  it("drops the series of a worker that was removed, and of what has run within it", async () => {
    end = registerMetrics({ register });
    const parts = (context: WorkerContext) => runAllJobs([function part() {}], context);
    const runner = runners.start([job("a", parts), job("b", parts)]);
    await runners.tick(10_000);
    expect(workersIn(await scrape(), "watchbill_run_lateness_seconds_count")).to.have.members(["a", "a/part", "b", "b/part"]);
    await runner.remove("a");
    const samples = await scrape();
    expect(Array.from(samples.keys()).filter((sample) => /worker="a[/"]/.test(sample))).to.deep.equal([]);
    expect(workersIn(samples, "watchbill_run_lateness_seconds_count")).to.have.members(["b", "b/part"]);
  });

  it("drops the series of a worker that was removed from a class, or from a nested runner", async () => {
    class Github {
      @Repeat("10s")
      commits(): void {}
      @Repeat("10s")
      tags(): void {}
    }
    end = registerMetrics({ register });
    const inner = runnerOf([job("a"), job("b")]);
    const runner = runners.start([new DeclarativeWorker({ name: "eu", worker: inner }), Github]);
    await runners.tick(10_000);
    await scrape();
    await Promise.all([inner.remove("eu/a"), runner.remove("Github/tags"), runners.tick(1)]);
    const left = ["eu/b", "Github/commits"];
    expect(workersIn(await scrape(), "watchbill_run_lateness_seconds_count")).to.have.members(left);
  });

  it("keeps the restarts of a group of a nested runner while one of its workers is there", async () => {
    @Retry(new StaticBackoff({ sleep: "1s" }))
    @Named("github")
    class Github {
      @Repeat("10s")
      commits(): void {
        throw new Error("x");
      }
    }
    end = registerMetrics({ register });
    const inner = runnerOf([Github, job("mail")]);
    runners.start([new DeclarativeWorker({ name: "eu", worker: inner })]);
    await runners.tick(10_000);
    await scrape();
    expect((await scrape()).get('watchbill_worker_restarts_total{cause="failed",worker="eu/github"}')).to.equal(1);
    void inner.remove("eu/github/commits");
    await runners.tick(1);
    const samples = await scrape();
    expect(Array.from(samples.keys()).filter((sample) => sample.includes("github"))).to.deep.equal([]);
  });

  it("keeps the counts of workers whose runner has stopped, and counts on when it runs again", async () => {
    end = registerMetrics({ register });
    const runner = runners.start([job("a")]);
    await runners.tick(10_000);
    void runner.stop();
    await runners.tick(1);
    const samples = await scrape();
    expect(samples.get('watchbill_run_lateness_seconds_count{worker="a"}')).to.equal(1);
    expect(workersIn(samples, "watchbill_worker_health")).to.deep.equal([]);
    const run = runner.run();
    await runners.tick(10_000);
    expect((await scrape()).get('watchbill_run_lateness_seconds_count{worker="a"}')).to.equal(2);
    void runner.stop();
    await run;
  });

  it("has leases of distributed workers, and the kind of the engine", async () => {
    await runners.restore();
    const simulation = new Simulation();
    end = registerMetrics({ register });
    simulation.replica({ repeat: "1m", job: ({ signal }: WorkerContext) => wait("10s", { signal }) });
    await simulation.advance(1_000);
    expect((await scrape()).get('watchbill_lease_held{worker="one"}')).to.equal(0);
    await simulation.advance(62_000);
    let samples = await scrape();
    expect(samples.get('watchbill_lease_held{worker="one"}')).to.equal(1);
    expect(samples.get('watchbill_lease_taken_total{worker="one"}')).to.equal(2);
    expect(samples.get('watchbill_info{engine="replicas",version="0.1.0"}')).to.equal(1);
    simulation.fleet.lose("one");
    await simulation.advance(1_000);
    samples = await scrape();
    expect(samples.get('watchbill_lease_lost_total{worker="one"}')).to.equal(1);
    await simulation.stop();
    simulation.restore();
    runners = new FakeRunners();
  });

  describe("with more workers than the limit", () => {
    class Poller {
      readonly name: string;
      constructor(name: string) {
        this.name = name;
      }
      @Repeat("10s")
      @Named((self: Poller) => self.name)
      poll(): void {}
    }

    /** The only worker of a class with a name. */
    function inOwnGroup(name: string): object {
      @Named(name)
      class Tenant {
        @Repeat("10s")
        sync(): void {}
      }
      return Tenant;
    }

    let warnings: Warnings;

    beforeEach(() => {
      warnings = new Warnings();
    });

    afterEach(() => warnings.stop());

    it("counts further workers under their group, or as other, with one warning", async () => {
      end = registerMetrics({ register, limit: 2 });
      runners.start([...["a", "b", "c", "d"].map((name) => new Poller(name)), job("e"), job("f")]);
      await runners.tick(10_000);
      const samples = await scrape();
      const workers = ["Poller/a", "Poller/b", "Poller", "other"];
      expect(workersIn(samples, "watchbill_run_lateness_seconds_count")).to.have.members(workers);
      expect(samples.get('watchbill_run_lateness_seconds_count{worker="Poller"}')).to.equal(2);
      expect(samples.get('watchbill_run_lateness_seconds_count{worker="other"}')).to.equal(2);
      expect(samples.get('watchbill_worker_health{state="ok",worker="Poller"}')).to.equal(2);
      expect(samples.get('watchbill_worker_health{state="ok",worker="Poller/a"}')).to.equal(1);
      expect(samples.get('watchbill_worker_interval_seconds{worker="other"}')).to.equal(10);
      expect(samples.get('watchbill_workers{phase="waiting"}')).to.equal(6);
      await turn();
      expect(warnings.messages).to.deep.equal([
        "There are more than 2 workers: further ones have no series of their own in the metrics, and are counted under their " +
          'class. Raise "limit", or use label: "group"',
      ]);
    });

    it("has series for a worker that was one of the further ones when another was removed", async () => {
      end = registerMetrics({ register, limit: 1 });
      const runner = runners.start([job("a"), job("b")]);
      await runners.tick(10_000);
      expect(workersIn(await scrape(), "watchbill_run_lateness_seconds_count")).to.have.members(["a", "other"]);
      await runner.remove("a");
      await scrape();
      await runners.tick(10_000);
      expect(workersIn(await scrape(), "watchbill_run_lateness_seconds_count")).to.include("b");
    });

    it("keeps the counts of the others when one of them was removed", async () => {
      end = registerMetrics({ register, limit: 1 });
      const runner = runners.start([job("a"), job("b"), job("c")]);
      await runners.tick(10_000);
      await scrape();
      await Promise.all([runner.remove("b"), runners.tick(1)]);
      expect((await scrape()).get('watchbill_run_lateness_seconds_count{worker="other"}')).to.equal(2);
    });

    it("counts what runs within a worker under the group of that worker", async () => {
      class Importer {
        @Repeat("10s")
        run(context: WorkerContext) {
          return runAllJobs([function part() {}], context);
        }
      }
      end = registerMetrics({ register, limit: 1 });
      runners.start([job("a"), Importer]);
      await runners.tick(10_000);
      const samples = await scrape();
      expect(workersIn(samples, "watchbill_run_lateness_seconds_count")).to.have.members(["a", "Importer"]);
      expect(samples.get('watchbill_run_lateness_seconds_count{worker="Importer"}')).to.equal(2);
    });

    it("has series for a worker that comes when another was removed", async () => {
      end = registerMetrics({ register, limit: 1 });
      const runner = runners.start([job("a")]);
      await runners.tick(10_000);
      await runner.remove("a");
      runner.add(job("b"));
      await scrape();
      await runners.tick(10_000);
      expect(workersIn(await scrape(), "watchbill_run_lateness_seconds_count")).to.deep.equal(["b"]);
      await turn();
      expect(warnings.messages).to.deep.equal([]);
    });

    it("has no more labels than the limit, a quarter of it and one, however many names and groups there are", async () => {
      end = registerMetrics({ register, limit: 10 });
      const names = Array.from({ length: 1_000 }, (_, number) => `tenant-${number}`);
      const within = (context: WorkerContext) => runAllJobs(names.map(namedFunction), context);
      runners.start([job("all", within), ...names.map((name) => inOwnGroup(name))]);
      await runners.tick(20_000);
      const labels = new Set(workersIn(await scrape(), "watchbill_run_lateness_seconds_count"));
      expect(labels.size).to.be.within(13, 14);
    });
  });

  it("labels workers by their group, or by a function", async () => {
    class Github {
      @Repeat("10s")
      commits(): void {}
      @Repeat("10s")
      tags(): void {}
    }
    end = registerMetrics({ register, label: "group" });
    runners.start([Github, job("mail")]);
    await runners.tick(10_000);
    expect((await scrape()).get('watchbill_run_lateness_seconds_count{worker="Github"}')).to.equal(2);
    expect((await scrape()).get('watchbill_run_lateness_seconds_count{worker="other"}')).to.equal(1);
    end();
    end = registerMetrics({ register, label: ({ worker, group }) => `${group}: ${worker.split("/").at(-1)}` });
    await runners.tick(10_000);
    expect(workersIn(await scrape(), "watchbill_run_lateness_seconds_count")).to.have.members([
      "Github: commits",
      "Github: tags",
      "null: mail",
    ]);
  });

  it("keeps the counts of a label while one of its workers is there", async () => {
    end = registerMetrics({ register, label: ({ worker }) => (worker === "c" ? "c" : "ab") });
    const runner = runners.start([job("a"), job("b"), job("c")]);
    await runners.tick(10_000);
    await runner.remove("a");
    expect((await scrape()).get('watchbill_run_lateness_seconds_count{worker="ab"}')).to.equal(2);
    await runner.remove("b");
    expect(workersIn(await scrape(), "watchbill_run_lateness_seconds_count")).to.deep.equal(["c"]);
  });

  it("counts a worker for which the function fails as other, with one warning", async () => {
    const warnings = new Warnings();
    end = registerMetrics({
      register,
      label: () => {
        throw new Error("no label");
      },
    });
    runners.start([job("a"), job("b")]);
    await runners.tick(10_000);
    expect((await scrape()).get('watchbill_run_lateness_seconds_count{worker="other"}')).to.equal(2);
    await turn();
    warnings.stop();
    expect(warnings.messages).to.deep.equal(['The option label has failed for a, which is counted as "other": Error: no label']);
  });

  it("counts a worker for which the function returns no string as other, with one warning", async () => {
    const warnings = new Warnings();
    end = registerMetrics({ register, label: (() => undefined) as unknown as () => string });
    runners.start([job("a"), job("b")]);
    await runners.tick(10_000);
    expect((await scrape()).get('watchbill_run_lateness_seconds_count{worker="other"}')).to.equal(2);
    await turn();
    warnings.stop();
    expect(warnings.messages).to.deep.equal([
      'The option label has failed for a, which is counted as "other": InvalidArgumentError: it returned undefined instead of a string',
    ]);
  });

  it("has at most 50 types of errors", async () => {
    end = registerMetrics({ register });
    let runs = 0;
    const fail = () => Promise.reject(Object.assign(new Error("x"), { name: `Error${runs++}` }));
    runners.start([new DeclarativeWorker({ name: "a", job: fail, repeat: "1s", retry: new StaticBackoff({ sleep: 0 }) })]);
    await runners.tick(60_500);
    const samples = await scrape();
    const types = Array.from(samples.keys()).filter((sample) => sample.startsWith("watchbill_run_duration_seconds_count"));
    expect(types).to.have.length(51);
    expect(samples.get('watchbill_run_duration_seconds_count{error_type="_OTHER",outcome="failed",worker="a"}')).to.equal(10);
  });

  it("escapes names", async () => {
    end = registerMetrics({ register });
    runners.start([job('a "b"\\c\nd')]);
    await runners.tick(10_000);
    expect(await register.metrics()).to.include('worker="a \\"b\\"\\\\c\\nd"');
  });

  it("uses the global registry by default, leaves other metrics alone, and can end and begin again", async () => {
    const own = new Counter({ name: "own_total", help: "x", registers: [globalRegister] });
    end = registerMetrics();
    expect(globalRegister.getSingleMetric("watchbill_info")).to.not.equal(undefined);
    end();
    end();
    expect(globalRegister.getMetricsAsArray()).to.deep.equal([own]);
    end = registerMetrics();
    expect(globalRegister.getSingleMetric("watchbill_info")).to.not.equal(undefined);
    end();
    globalRegister.removeSingleMetric("own_total");
  });

  it("leaves nothing behind when it is ended", async () => {
    const isObserved = (): string[] => {
      const names = ["run", "missed", "retry", "restart", "command", "lease", "hung", "exit"];
      const { start, end: ended, asyncEnd } = tracingChannel("watchbill:run");
      return [...names.map((name) => channel(`watchbill:${name}`)), start, ended, asyncEnd].flatMap((each) =>
        each.hasSubscribers ? [String(each.name)] : [],
      );
    };
    end = registerMetrics({ register });
    expect(isObserved()).to.have.length(10);
    end();
    expect(isObserved()).to.deep.equal([]);
    expect(runners.clock.countTimers()).to.equal(0);
    expect(register.getMetricsAsArray()).to.deep.equal([]);
  });

  it("refuses a registry that has its metrics, and options that are malformed", () => {
    end = registerMetrics({ register });
    const refused = (options: unknown, message: string): void => {
      expect(() => Reflect.apply(registerMetrics, undefined, [options])).to.throw(InvalidArgumentError, message);
    };
    refused(
      { register },
      "The registry already has watchbill_run_duration_seconds: call the function that the first registerMetrics returned, or " +
        "pass another registry",
    );
    refused({ register: {} }, "register is not a registry: pass a Registry of prom-client, or leave it out");
    refused({ label: "class" }, 'label is "class": use "worker", "group" or a function');
    refused({ limit: 0 }, "limit is 0: use the number of workers that may have series of their own");
    refused({ registry: register }, 'registerMetrics has no option "registry": use register, label, limit');
    refused(null, "The options of registerMetrics are null: pass an object");
    const openMetrics = new Registry<OpenMetricsContentType>();
    openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    registerMetrics({ register: openMetrics })();
  });
});
