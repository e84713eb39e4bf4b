import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { expect } from "chai";
import sinon from "sinon";
import {
  BootstrapError,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  Distributed,
  ExponentialBackoff,
  InvalidArgumentError,
  Named,
  Repeat,
  Retry,
  RetryJob,
  StaticBackoff,
  Timeout,
  Worker,
  type WorkerContext,
} from "watchbill";
import { cron } from "watchbill/cron";
import { type SimulationOptions, simulate } from "watchbill/testing";

const minute = 60_000;
const hour = 60 * minute;
const start = Date.parse("2026-01-01T00:00Z");

function job(name: string, options: DeclarativeWorkerOptions = { repeat: "1m" }): DeclarativeWorker {
  return new DeclarativeWorker({ name, job: () => expect.fail("the code of the user was called"), ...options });
}

/** In minutes since the start. */
const minutesOf = (times: readonly number[]): number[] => times.map((time) => (time - start) / minute);

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("did not reject"),
    (error: unknown) => error,
  );
}

describe("simulate", () => {
  const realSetTimeout = globalThis.setTimeout;
  const realRandom = Math.random;
  const realZone = process.env.TZ;

  afterEach(() => {
    expect(globalThis.setTimeout).to.equal(realSetTimeout);
    expect(Math.random).to.equal(realRandom);
    expect(process.env.TZ).to.equal(realZone);
  });

  it("runs each worker when it is due, and never calls its code", async () => {
    const day = await simulate([job("a", { repeat: "1h" }), job("b", { repeat: cron("30 5 * * *") })], { for: "1d" });
    expect(day.workers).to.deep.equal(["a", "b"]);
    expect(day.of("a").runs.map(({ due }) => due)).to.deep.equal(Array.from({ length: 23 }, (_, i) => start + (i + 1) * hour));
    const [run] = day.of("b").runs;
    const at = start + 5.5 * hour;
    expect(day.of("b").runs).to.have.lengthOf(1);
    expect(run).to.deep.equal({ due: at, start: at, end: at + 100, outcome: "done", cause: "schedule", attempt: 0, replica: 1 });
    expect(day.of("b")).to.deep.include({
      group: null,
      schedule: "30 5 * * *",
      lateness: 0,
      longest: 100,
      failures: [],
      missed: [],
    });
    expect(day.endedEarly).to.equal(null);
  });

  it("reads decorated classes, with their groups", async () => {
    @Named("github")
    class Github {
      @Repeat("10m")
      @Timeout("1m")
      commits(): void {
        expect.fail("the code of the user was called");
      }

      @Worker
      async events(): Promise<void> {
        expect.fail("the code of the user was called");
      }
    }
    const day = await simulate([Github], { for: "1h" });
    expect(day.of("github/commits")).to.include({ group: "github", schedule: "every 10m" });
    expect(day.of("github/commits").runs).to.have.lengthOf(5);
    expect(day.of("github/events").runs).to.have.lengthOf(1);
    expect(day.of("github/events").runs[0]).to.include({ end: null, outcome: null });
  });

  it("takes as long as it is told: a duration, a range, samples, a histogram, a factor", async () => {
    const names = ["fixed", "range", "samples", "runs", "histogram", "slow"];
    const day = await simulate(
      names.map((name) => job(name)),
      {
        for: "1d",
        takes: {
          fixed: "2s",
          range: ["1s", "3s"],
          samples: [100, 200, 700],
          runs: { runs: [{ duration: 5 }, { duration: 15 }] },
          histogram: {
            buckets: [
              { le: 0.1, count: 50 },
              { le: 1, count: 100 },
              { le: "+Inf", count: 100 },
            ],
          },
          slow: "2s",
        },
        slow: { slow: 3 },
      },
    );
    const durations = (name: string): number[] => day.of(name).runs.map((run) => (run.end ?? 0) - run.start);
    expect(new Set(durations("fixed"))).to.deep.equal(new Set([2_000]));
    expect(Math.min(...durations("range"))).to.be.within(1_000, 1_050);
    expect(Math.max(...durations("range"))).to.be.within(2_950, 3_001);
    expect(new Set(durations("samples"))).to.deep.equal(new Set([100, 200, 700]));
    expect(new Set(durations("runs"))).to.deep.equal(new Set([5, 15]));
    const fast = durations("histogram").filter((duration) => duration <= 101).length;
    expect(fast / durations("histogram").length).to.be.within(0.45, 0.55);
    expect(new Set(durations("slow"))).to.deep.equal(new Set([6_000]));
  });

  it("coalesces the runs that are due during a long one, as the library does", async () => {
    const day = await simulate([job("a")], { for: "1h", takes: { a: "150s" } });
    expect(minutesOf(day.of("a").runs.map((run) => run.start)).slice(0, 4)).to.deep.equal([1, 3.5, 6, 8.5]);
    expect(day.of("a").missed[0]).to.include({ count: 1, reason: "busy" });
    expect(day.of("a").lateness).to.equal(90_000);
    expect(day.overlaps).to.deep.equal([]);
  });

  it("has outages during which runs fail, and are retried with their backoff", async () => {
    const retry = new StaticBackoff({ sleep: "5m" });
    const day = await simulate([job("x/a", { repeat: "10m", retry }), job("y", { repeat: "10m" })], {
      for: "4h",
      outages: { "x/*": "02:00-02:25" },
    });
    // The retry starts the worker anew after 5 minutes, and its interval begins then.
    expect(day.of("x/a").failures).to.deep.equal([
      { at: start + 120 * minute + 100, error: "SimulatedFailure: outage", attempt: 0 },
      { at: start + 135 * minute + 200, error: "SimulatedFailure: outage", attempt: 1 },
    ]);
    expect(day.of("y").failures).to.deep.equal([]);
    const events = day.timeline.events.filter(({ worker }) => worker === "x/a");
    expect(events.map(({ event, detail }) => `${event} ${detail}`.trim())).to.deep.equal([
      "ok",
      "firing",
      "restart 300000",
      "restart 300000",
      "ok",
    ]);
    expect(day.timeline.outages).to.deep.equal([{ worker: "x/a", from: start + 2 * hour, to: start + 2 * hour + 25 * minute }]);
  });

  it("counts the storm of retries that an outage causes, as by hand", async () => {
    // Ten workers, due each minute, three attempts of a run: at 0, 1 and 3 s. Five minutes of outage: 5 runs, of 3 attempts each.
    const retryJob = { backoff: new ExponentialBackoff({ initial: "1s", max: "1m" }), maxAttempts: 3 };
    const retry = new StaticBackoff({ sleep: 0 });
    const workers = Array.from({ length: 10 }, (_, i) => job(`w${i}`, { repeat: "1m", retryJob, retry }));
    const day = await simulate(workers, { for: "1h", outages: { "*": "00:10-00:15" }, takes: { "*": 0 } });
    for (const worker of day.workers) expect(day.of(worker).failures).to.have.lengthOf(15);
    expect(day.peak).to.include({ attemptsPerSecond: 10, concurrent: 10 });
  });

  it("lets a continuous worker fail when an outage begins, and at each restart during it", async () => {
    const worker = new DeclarativeWorker({ name: "c", worker() {}, retry: new StaticBackoff({ sleep: "10m" }) });
    const day = await simulate([worker], { for: "6h", outages: { c: "02:00-02:25" } });
    expect(minutesOf(day.of("c").runs.map((run) => Math.floor(run.start / minute) * minute))).to.deep.equal([0, 130, 140, 150]);
    expect(day.of("c").counts.failures).to.equal(3);
  });

  it("says when the service would have ended, and why", async () => {
    const day = await simulate([job("a"), job("b")], { for: "1d", outages: { a: "03:00-03:01" } });
    expect(day.endedEarly?.at).to.equal(start + 3 * hour + 100);
    expect(day.endedEarly?.error).to.match(/^a: outage$/);
    expect(day.of("b").runs.at(-1)?.start).to.equal(start + 3 * hour);
  });

  it("lets runs fail and hang with a probability, which does not depend on other workers", async () => {
    const options: SimulationOptions = { for: "1d", fails: { a: 0.25 } };
    const retry = new StaticBackoff({ sleep: 0 });
    const alone = await simulate([job("a", { repeat: "1m", retry })], options);
    const { failures, counts } = alone.of("a");
    expect(counts.failures / counts.runs).to.be.within(0.2, 0.3);
    const together = await simulate([job("b"), job("a", { repeat: "1m", retry })], options);
    expect(together.of("a").failures).to.deep.equal(failures);
    const hanging = await simulate([job("a", { repeat: "1m", timeout: "10s" })], { for: "1d", hangs: { a: 1 } });
    expect(hanging.of("a").runs).to.have.lengthOf(1);
    expect(hanging.timeline.events.map(({ event }) => event)).to.include("timeout");
  });

  it("sends commands", async () => {
    const day = await simulate([job("x/a", { repeat: "10m" }), job("y", { repeat: "10m" })], {
      for: "4h",
      commands: [
        { at: "01:00", pause: "x/*", reason: "maintenance" },
        { at: "02:05", resume: "x/*" },
        { at: "02:06", trigger: "y" },
      ],
    });
    const starts = minutesOf(day.of("x/a").runs.map((run) => run.start));
    expect(starts.filter((time) => time > 60 && time < 130)).to.deep.equal([]);
    expect(starts).to.include(130);
    expect(day.of("x/a").missed).to.deep.equal([{ at: start + 125 * minute, count: 6, reason: "paused" }]);
    expect(day.of("y").runs.find(({ cause }) => cause === "command")).to.include({ start: start + 126 * minute });
    expect(day.timeline.events.filter(({ event }) => event === "command").map(({ detail }) => detail)).to.deep.equal([
      "pause: maintenance",
      "resume",
      "trigger",
    ]);
  });

  describe("with replicas", () => {
    const distributed = job("d", { repeat: "1m", distributed: true });
    const options: SimulationOptions = { for: "2h", replicas: 3, takes: { d: "10s" } };

    it("runs a distributed worker once per due time, and the others on each", async () => {
      const day = await simulate([distributed, job("n", { repeat: "10m" })], options);
      expect(minutesOf(day.of("d").runs.map((run) => run.start))).to.deep.equal(Array.from({ length: 119 }, (_, i) => i + 1));
      expect(new Set(day.of("d").runs.map((run) => run.replica))).to.deep.equal(new Set([1, 2, 3]));
      expect(day.of("n").runs).to.have.lengthOf(3 * 11);
      expect(day.overlaps).to.deep.equal([]);
    });

    it("moves the workers of a replica that is killed when its locks expire", async () => {
      const worker = new DeclarativeWorker({ name: "c", worker() {}, distributed: true });
      const day = await simulate([worker, distributed], { ...options, kill: { 1: "00:30:05" } });
      const [first, second, ...others] = day.of("c").runs;
      expect(others).to.deep.equal([]);
      expect(first).to.include({ replica: 1, end: null });
      expect(second?.start).to.be.within(start + 30.5 * minute, start + 31.5 * minute);
      expect(second?.replica).to.not.equal(1);
      const late = day.of("d").runs.filter((run) => run.start > start + 30.2 * minute);
      expect(late.map(({ replica }) => replica)).to.not.include(1);
      expect(day.overlaps).to.deep.equal([]);
    });

    it("takes a worker from a replica that is frozen for long, which notices that when it goes on", async () => {
      const worker = new DeclarativeWorker({ name: "c", worker() {}, distributed: true });
      const day = await simulate([worker], { ...options, takes: {}, freeze: { 1: "00:30-00:40" } });
      expect(day.of("c").runs.map(({ replica }) => replica)).to.deep.equal([1, 2]);
      expect(day.timeline.events.map(({ event }) => event)).to.include("lease lost");
    });

    it("hands workers over in a deploy, without a gap or an overlap", async () => {
      const day = await simulate([distributed], { ...options, deploy: ["00:30", "01:00:05"] });
      expect(day.overlaps).to.deep.equal([]);
      expect(day.of("d").missed).to.deep.equal([]);
      const done = day.of("d").runs.filter(({ outcome }) => outcome === "done");
      expect(new Set(done.map((run) => Math.floor(run.start / minute)))).to.have.lengthOf(119);
    });

    it("reads @Distributed", async () => {
      class Billing {
        @Repeat("1m")
        @Distributed
        @RetryJob(new StaticBackoff({ sleep: "5s" }))
        charge(): void {}
      }
      const day = await simulate([Billing], { for: "1h", replicas: 2, fails: { "*": 0.2 } });
      expect(day.overlaps).to.deep.equal([]);
      expect(day.of("Billing/charge").counts.failures).to.be.above(2);
    });
  });

  describe("with the code of the workers", () => {
    it("runs it, on the virtual clock", async () => {
      const seen: string[] = [];
      class Poller {
        @Repeat("1h")
        @Retry(new StaticBackoff({ sleep: "1m" }))
        async poll({ signal }: WorkerContext): Promise<void> {
          seen.push(new Date().toISOString());
          await new Promise<void>((resolve) => setTimeout(resolve, 90_000));
          signal.throwIfAborted();
          if (seen.length === 2) throw new Error("HTTP 503");
        }
      }
      const day = await simulate([Poller], { for: "4h", jobs: "real" });
      expect(seen.map((time) => time.slice(11, 16))).to.deep.equal(["01:00", "02:00", "03:02"]);
      expect(day.of("Poller/poll").failures).to.have.lengthOf(1);
      expect(day.of("Poller/poll").longest).to.equal(90_000);
    });

    it("calls functions in place of some jobs", async () => {
      const calls: string[] = [];
      const fake = ({ name }: WorkerContext): void => void calls.push(name);
      const day = await simulate([job("x/a"), job("y")], { for: "3m", jobs: { "x/*": fake } });
      expect(calls).to.deep.equal(["x/a", "x/a"]);
      expect(day.of("x/a").longest).to.equal(0);
      expect(day.of("y").longest).to.equal(100);
    });

    it("refuses a run that waits for something real, and names it", async () => {
      const server = createServer(() => {}).listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const sockets: Socket[] = [];
      const ask = async (): Promise<void> => {
        const socket = connect(port, "127.0.0.1");
        sockets.push(socket);
        await once(socket, "data");
      };
      const read = async (): Promise<void> => void (await readFile("package.json"));
      const workers = [new DeclarativeWorker({ name: "reads", job: read, repeat: "1m" })];
      // A file is read within some turns of the event loop.
      await simulate(workers, { for: "3m", jobs: "real" });
      const error = await rejection(
        simulate([new DeclarativeWorker({ name: "asks", job: ask, repeat: "1m" })], { for: "1h", jobs: "real" }),
      );
      expect(error).to.have.property("name", "RealWaitError");
      expect(error).to.have.property("workers").that.deep.equals(["asks"]);
      expect(error)
        .to.have.property("message")
        .that.matches(
          /^asks waits for something real \(TCP\w*\), which a virtual clock cannot advance: pass a function for it in jobs, or use jobs: "model"$/,
        );
      for (const socket of sockets) socket.destroy();
      server.close();
    });

    it("goes on if code never returns", async () => {
      const worker = new DeclarativeWorker({ name: "hangs", job: () => new Promise(() => {}), repeat: "1m" });
      const day = await simulate([worker, job("y")].slice(0, 1), { for: "1h", jobs: "real" });
      expect(day.of("hangs").runs).to.have.lengthOf(1);
      expect(day.of("hangs").runs[0]).to.include({ end: null });
    });
  });

  describe("gives the same result", () => {
    const backoff = new ExponentialBackoff({ initial: "1s", max: "1m", jitterProportion: 0.5 });
    const workers = [
      job("a", { repeat: { interval: "1m", jitter: "10s" }, retry: backoff }),
      job("b", { repeat: cron("*/7 * * * *"), retryJob: backoff, distributed: true }),
    ];
    const options: SimulationOptions = { for: "1d", fails: { "*": 0.1 }, takes: { a: ["1s", "90s"] }, replicas: 2 };
    const bytesOf = async (changes: Partial<SimulationOptions> = {}): Promise<string> =>
      JSON.stringify(await simulate(workers, { ...options, ...changes }));

    it("for the same seed, and another for another", async () => {
      const first = await bytesOf({ seed: 7 });
      expect(await bytesOf({ seed: 7 })).to.equal(first);
      expect(await bytesOf({ seed: 8 })).to.not.equal(first);
    });

    it("in every time zone of the machine", async () => {
      const before = process.env.TZ;
      const results: string[] = [];
      for (const zone of ["Pacific/Auckland", "America/New_York"]) {
        process.env.TZ = zone;
        results.push(await bytesOf());
      }
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
      expect(results[0]).to.equal(results[1]);
    });
  });

  it("has the local time of its zone, with its changes of clocks", async () => {
    const day = await simulate([job("a", { repeat: cron("30 2 * * *") }), job("b", { repeat: cron("0 * * * *") })], {
      for: "2d",
      start: "2026-03-28",
      timezone: "Europe/Berlin",
    });
    expect(day.of("a").runs.map((run) => new Date(run.start).toISOString())).to.deep.equal([
      "2026-03-28T01:30:00.000Z",
      // The clock skips 2:30 on that day.
      "2026-03-29T01:00:00.000Z",
    ]);
    expect(day.of("b").runs).to.have.lengthOf(47);
  });

  it("keeps events one by one up to a limit, and counts all", async () => {
    const day = await simulate([job("a")], { for: "1d", maxEvents: 100 });
    expect(day.of("a").runs).to.have.lengthOf(99);
    expect(day.of("a").counts.runs).to.equal(1_439);
    expect(day.of("a").tallies.map(({ runs }) => runs)).to.deep.equal([59, ...Array.from({ length: 23 }, () => 60)]);
    expect(day.timeline.notKept).to.equal(1_439 - 99);
  });

  it("has the load of long runs in all the parts in which they are under way", async () => {
    const worker = new DeclarativeWorker({ name: "c", worker() {} });
    const day = await simulate([worker, job("a", { repeat: "6h" })], { for: "1d", takes: { a: "59m" } });
    const load = day.timeline.load.map(({ concurrent }) => concurrent);
    // 240 parts of 6 minutes: from 6:00 to 6:59.
    expect(load.slice(58, 72)).to.deep.equal([1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1]);
  });

  it("counts in parts of an hour, or longer if there are many", async () => {
    const lengths = [];
    for (const length of ["1d", "3d", "10d", "60d", "365d"] as const) {
      const { columns } = (await simulate([job("a", { repeat: "1d" })], { for: length })).timeline;
      lengths.push([columns.count, columns.length / hour]);
    }
    expect(lengths).to.deep.equal([
      [24, 1],
      [36, 2],
      [40, 6],
      [60, 24],
      [53, 168],
    ]);
  });

  describe("refuses", () => {
    for (const [what, options, message] of [
      ["an unknown option", { for: "1d", seeds: 1 }, /^simulate has no option "seeds": use for, start, /],
      ["no time", { for: 0 }, 'for is 0: use how long to simulate, such as "1d"'],
      ["a malformed duration", { for: "1 day" }, /^for: '1 day' is not a duration/],
      ["a malformed start", { for: "1d", start: "tomorrow" }, /^start is tomorrow: use a date such as "2026-03-29"/],
      ["an unknown time zone", { for: "1d", timezone: "Mars" }, 'timezone is "Mars": use an IANA name, such as "Europe/Berlin"'],
      ["a pattern without a worker", { for: "1d", fails: { "b*": 1 } }, 'fails: "b*" names no worker; there are a'],
      ["a probability above 1", { for: "1d", fails: { a: 2 } }, "fails of a is 2: use a probability from 0 to 1"],
      ["a malformed outage", { for: "1d", outages: { a: "2-3" } }, 'outages is "2": use a time of day, such as "04:10"'],
      ["a replica that does not exist", { for: "1d", kill: { 2: "01:00" } }, /^kill names the replica 2: use 1 to 1/],
      [
        "a malformed time",
        { for: "1d", commands: [{ at: "25:00", pause: "a" }] },
        'commands is "25:00": use a time of day, such as "04:10"',
      ],
    ] as const) {
      it(what, async () => {
        const error = await rejection(simulate([job("a")], options as never));
        expect(error).to.be.instanceOf(InvalidArgumentError);
        if (typeof message === "string") expect(error).to.have.property("message", message);
        else expect(error).to.have.property("message").that.matches(message);
      });
    }

    it("sources that bootstrap refuses", async () => {
      expect(await rejection(simulate([class {}], { for: "1d" }))).to.be.instanceOf(BootstrapError);
    });

    it("a second simulation at the same time, and fake timers", async () => {
      const first = simulate([job("a")], { for: "1d" });
      expect(await rejection(simulate([job("a")], { for: "1d" }))).to.have.property(
        "message",
        "Another simulation is under way in this process: await it before the next",
      );
      await first;
      const clock = sinon.useFakeTimers();
      const error = await rejection(simulate([job("a")], { for: "1d" }));
      clock.restore();
      expect(error).to.have.property("message", "Fake timers are installed already: restore them before simulate()");
    });
  });
});
