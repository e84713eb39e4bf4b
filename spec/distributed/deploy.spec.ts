import { expect } from "chai";
import { type DeclarativeWorkerOptions, StaticBackoff } from "watchbill";
import { untilStopped } from "../runner/commands.fixture.js";
import { epoch, Simulation } from "./simulation.fixture.js";

const day = 86_400_000;
const hour = 3_600_000;
const eachSecond = { next: (after: Date) => new Date(Math.floor(after.getTime() / 1_000) * 1_000 + 1_000) };

describe("A deploy of a distributed worker", () => {
  let simulation: Simulation;

  beforeEach(() => {
    simulation = new Simulation();
  });

  afterEach(() => simulation.restore());

  const every = (repeat: DeclarativeWorkerOptions["repeat"]) => ({ repeat, job: () => {} });

  /** Starts a replica with the new declaration, and stops the one with the old. */
  async function deploy(before: DeclarativeWorkerOptions, after: DeclarativeWorkerOptions, at: number, length: number) {
    const old = simulation.replica(before);
    await simulation.advance(at);
    const process = simulation.replica(after);
    await simulation.advance(10);
    old.stop.abort();
    await simulation.advance(length);
    return process;
  }

  it("that shortens an interval applies immediately: the new timetable begins at the last time of the old one", async () => {
    await deploy(every("25h"), every("1s"), hour + 500, 2_600);
    expect(simulation.times).to.deep.equal([hour + 500, hour + 1_000, hour + 2_000, hour + 3_000]);
  });

  it("that lengthens an interval applies from the last run", async () => {
    await deploy(every("1s"), every("25h"), 10_500, 60 * hour);
    expect(simulation.times.slice(0, 10)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((second) => second * 1_000));
    const further = simulation.times.slice(10);
    // A run that was already due by the old declaration may take place.
    expect(further.filter((at) => at > 12_000)).to.deep.equal([10_000 + 25 * hour, 10_000 + 50 * hour]);
    expect(further.filter((at) => at <= 12_000)).to.deep.equal([]);
  });

  it("from an interval to a schedule applies from the next run", async () => {
    const schedule = { next: (after: Date) => new Date(Math.floor(after.getTime() / hour) * hour + hour) };
    await deploy(every("1m"), every({ schedule }), 150_000, 3 * hour);
    expect(simulation.times).to.deep.equal([60_000, 120_000, hour, 2 * hour, 3 * hour]);
  });

  it("from a schedule to an interval begins a new timetable", async () => {
    const schedule = { next: (after: Date) => new Date(Math.floor(after.getTime() / 60_000) * 60_000 + 60_000) };
    await deploy(every({ schedule }), every("50s"), 150_000, 110_000);
    expect(simulation.times).to.deep.equal([60_000, 120_000, 200_010, 250_010]);
  });

  it("to a schedule that is earlier than the old one applies at once", async () => {
    const each = (step: number) => ({
      schedule: { next: (after: Date) => new Date(Math.floor(after.getTime() / step) * step + step) },
    });
    await deploy(every(each(10 * day)), every(each(1_000)), 10_300, 2_900);
    expect(simulation.times).to.deep.equal([10_300, 11_000, 12_000, 13_000]);
  });

  it("during a backoff does not shorten the backoff", async () => {
    const job = () => {
      throw new Error("no");
    };
    const retry = new StaticBackoff({ sleep: "10m" });
    await deploy({ repeat: "1m", retry, job }, { repeat: "1s", retry, job }, 120_000, 1_000_000);
    expect(simulation.runs.map(({ at, attempt }) => [at, attempt])).to.deep.equal([
      [60_000, 0],
      [661_000, 1],
    ]);
  });

  it("that removes retryJob and timeout continues a run that waits for its next attempt at once", async () => {
    let runs = 0;
    const job = () => {
      if (++runs === 1) throw new Error("no");
    };
    const before = { repeat: "1m", timeout: "30s", retryJob: new StaticBackoff({ sleep: "10s" }), job } as const;
    await deploy(before, { repeat: "1m", job }, 62_000, 120_000);
    expect(simulation.runs.map(({ at, attempt }) => [at, attempt])).to.deep.equal([
      [60_000, 0],
      [62_000, 0],
      [120_000, 0],
      [180_000, 0],
    ]);
  });

  const never = { repeat: { schedule: { next: (after: Date) => new Date(after.getTime() + 365 * day) } }, job: () => {} };
  const fails = () => {
    throw new Error("no");
  };
  const failing = (sleep: number | "1h"): DeclarativeWorkerOptions => ({
    repeat: { interval: "2h", startImmediately: true },
    job: fails,
    retry: new StaticBackoff({ sleep }),
  });
  const custom = (duration: (attempt: number) => number): DeclarativeWorkerOptions => ({ ...failing("1h"), retry: { duration } });
  const continuous = (): DeclarativeWorkerOptions => ({ worker: untilStopped });

  const early: [string, DeclarativeWorkerOptions, DeclarativeWorkerOptions, number[]][] = [
    ["from an interval to a continuous worker", every("1h"), continuous(), [10_000]],
    ["from a schedule to a continuous worker", never, continuous(), [10_000]],
    ["from a rare schedule to an interval", never, every("1s"), [11_010, 12_010]],
    ["from an interval of a year to a schedule", every("365d"), every({ schedule: eachSecond }), [11_000, 12_000]],
    ["from a backoff of 1 h to one of 1 s", failing("1h"), failing(1_000), [0, 10_000, 11_000, 12_000]],
    ["from a backoff of 1 h to a continuous worker", failing("1h"), continuous(), [0, 10_000]],
    [
      "from a backoff of 1 h to a longer interval without a retry",
      failing("1h"),
      { ...every({ interval: "3h", startImmediately: true }) },
      [0, 10_000],
    ],
    ["from a backoff of its own code to another", custom(() => hour), custom(() => 1_000), [0, 10_000, 11_000, 12_000]],
    [
      "from an initialDelay of 1 h to one of 1 s",
      every({ interval: "1h", initialDelay: "1h" }),
      every({ interval: "1h", initialDelay: "1s" }),
      [11_010],
    ],
    [
      "from a schedule with an initialDelay of 1 h to one of 1 s",
      every({ schedule: eachSecond, initialDelay: "1h" }),
      every({ schedule: eachSecond, initialDelay: "1s" }),
      [12_000],
    ],
  ];
  for (const [what, before, after, times] of early) {
    it(`${what} does not wait for the old due time`, async () => {
      await deploy(before, after, 10_000, 2_500);
      // The replicas of the simulation look again within some ms.
      expect(simulation.times.map((at) => Math.floor(at / 10) * 10)).to.deep.equal(times);
    });
  }

  it("with the same declaration does not change when a worker is due", async () => {
    await deploy(failing("1h"), failing("1h"), 10_000, 2 * hour);
    expect(simulation.times).to.deep.equal([0, hour, 2 * hour]);
  });

  it("is not necessary for a snapshot that was saved an hour in the future not to be believed", async () => {
    simulation.replica(every("1m"));
    await simulation.advance(30_000);
    simulation.fleet.corrupt("one", {
      repeat: [{ start: epoch + hour, slot: 0, interval: 60_000 }],
      declaration: [{ timing: "every 1m", backoffs: "47DEQpj8HBSa", at: epoch + hour }],
    });
    await simulation.advance(60_000);
    // A new timetable begins when the old one was due.
    await simulation.advance(100_000);
    expect(simulation.times).to.deep.equal([120_000, 180_000]);
  });
});
