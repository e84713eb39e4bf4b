import { expect } from "chai";
import { observe, StaticBackoff, stopped, type WorkerContext } from "watchbill";
import { Simulation } from "./simulation.fixture.js";

describe("The cause of the runs of a distributed worker", () => {
  let simulation: Simulation;
  let causes: string[];
  let unsubscribe: () => void;

  beforeEach(() => {
    simulation = new Simulation();
    causes = [];
    unsubscribe = observe("watchbill:run", { start: ({ cause }) => causes.push(cause) });
  });

  afterEach(() => {
    unsubscribe();
    simulation.restore();
  });

  it("is start for a continuous worker on its first replica, and on the one that takes it over", async () => {
    const replicas = simulation.replicas(2, { worker: ({ signal }: WorkerContext) => stopped(signal) });
    await simulation.advance(1_000);
    expect(causes).to.deep.equal(["start"]);
    replicas[Number(simulation.places[0]) - 1]?.stop.abort();
    await simulation.advance(60_000);
    expect(causes).to.deep.equal(["start", "start"]);
    expect(new Set(simulation.places).size).to.equal(2);
  });

  it("is retry after a failure, whichever replica makes the next attempt", async () => {
    let calls = 0;
    const worker = ({ signal }: WorkerContext) => {
      if (++calls < 3) throw new Error("no");
      return stopped(signal);
    };
    simulation.replicas(3, { worker, retry: new StaticBackoff({ sleep: "5s" }) });
    await simulation.advance(20_000);
    expect(causes).to.deep.equal(["start", "retry", "retry"]);
  });

  it("is start for the run of startImmediately, then schedule", async () => {
    simulation.replicas(2, { job() {}, repeat: { interval: "10s", startImmediately: true } });
    await simulation.advance(25_000);
    expect(causes).to.deep.equal(["start", "schedule", "schedule"]);
  });
});
