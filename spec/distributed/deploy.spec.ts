import { expect } from "chai";
import { type DeclarativeWorkerOptions, StaticBackoff } from "watchbill";
import { Simulation } from "./simulation.fixture.js";

const day = 86_400_000;
const hour = 3_600_000;

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
    expect(simulation.times).to.deep.equal([60_000, 120_000, 230_000]);
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

  it("that removes retryJob and timeout continues a run that waits for its next attempt", async () => {
    let runs = 0;
    const job = () => {
      if (++runs === 1) throw new Error("no");
    };
    const before = { repeat: "1m", timeout: "30s", retryJob: new StaticBackoff({ sleep: "10s" }), job } as const;
    await deploy(before, { repeat: "1m", job }, 62_000, 120_000);
    expect(simulation.runs.map(({ at, attempt }) => [at, attempt])).to.deep.equal([
      [60_000, 0],
      [70_000, 0],
      [120_000, 0],
      [180_000, 0],
    ]);
  });
});
