import { expect } from "chai";
import sinon from "sinon";
import { bootstrap, DeclarativeWorker, runAllJobs, StaticBackoff, stopped, type WorkerContext, wait } from "watchbill";
import { recorder } from "../runner/commands.fixture.js";
import { epoch, Simulation } from "./simulation.fixture.js";

const second = 1_000;

describe("context.scheduledAt and context.fence", () => {
  describe("of a worker that is not distributed", () => {
    let clock: sinon.SinonFakeTimers;
    let stop: AbortController;

    beforeEach(() => {
      clock = sinon.useFakeTimers({ now: epoch, toNotFake: ["nextTick", "queueMicrotask"] });
      stop = new AbortController();
    });

    afterEach(async () => {
      stop.abort();
      await clock.tickAsync(5_000);
      clock.restore();
    });

    it("are when the run was due, for all its attempts, and undefined", async () => {
      const seen: unknown[] = [];
      const job = async ({ scheduledAt, fence, attempt }: WorkerContext): Promise<void> => {
        seen.push([(scheduledAt ?? 0) - epoch, fence, attempt]);
        if (attempt === 0) throw new Error("no luck");
        await wait("1500ms");
      };
      const worker = new DeclarativeWorker({ name: "a", repeat: "1s", job, retryJob: new StaticBackoff({ sleep: 100 }) });
      void bootstrap([worker], { signal: stop.signal, logger: recorder().logger }).run();
      await clock.tickAsync(3_900);
      // The second run is late: the first one took until 2.6 s.
      expect(seen).to.deep.equal([
        [second, undefined, 0],
        [second, undefined, 1],
        [2 * second, undefined, 0],
        [2 * second, undefined, 1],
      ]);
    });

    it("are when a continuous worker was started, also for what its code runs", async () => {
      const seen: unknown[] = [];
      const worker = async (context: WorkerContext): Promise<void> => {
        await wait("2s");
        await runAllJobs([({ scheduledAt }) => void seen.push((scheduledAt ?? 0) - epoch)], context);
        seen.push((context.scheduledAt ?? 0) - epoch);
        await stopped(context.signal);
      };
      await clock.tickAsync(500);
      void bootstrap([new DeclarativeWorker({ name: "a", worker })], { signal: stop.signal, logger: recorder().logger }).run();
      await clock.tickAsync(3_000);
      expect(seen).to.deep.equal([500, 500]);
    });
  });

  describe("of a distributed worker", () => {
    let simulation: Simulation;
    let seen: (readonly [scheduledAt: number, fence: number, attempt: number])[];

    beforeEach(() => {
      simulation = new Simulation();
      seen = [];
    });

    afterEach(() => simulation.restore());

    const see = ({ scheduledAt = 0, fence = 0, attempt }: WorkerContext): void => {
      seen.push([scheduledAt - epoch, fence, attempt]);
    };

    /** Whether each fence is greater than the ones before, but for attempts under the same lease. */
    const grows = (): boolean => seen.every(([, fence], index) => index === 0 || fence >= (seen[index - 1]?.[1] ?? 0));

    it("are the same time on all replicas for all attempts of a run, and a number that grows", async () => {
      const job = (context: WorkerContext): void => {
        see(context);
        if (context.attempt < 2) throw new Error("no luck");
      };
      simulation.replicas(3, { repeat: "10s", job, retryJob: new StaticBackoff({ sleep: "1s" }) });
      await simulation.advance(25_000);
      expect(seen.map(([at, , attempt]) => [at, attempt])).to.deep.equal([
        [10 * second, 0],
        [10 * second, 1],
        [10 * second, 2],
        [20 * second, 0],
        [20 * second, 1],
        [20 * second, 2],
      ]);
      expect(new Set(simulation.places).size).to.equal(3);
      expect(new Set(seen.map(([, fence]) => fence)).size).to.equal(6);
      expect(grows()).to.equal(true);
    });

    it("are the same time and a greater number when a run is repeated, as its replica has died", async () => {
      const replicas = simulation.replicas(2, {
        repeat: "10s",
        job: async (context) => {
          see(context);
          await wait("3s");
        },
      });
      await simulation.advance(11_000);
      const holder = replicas.find(({ name }) => name === simulation.fleet.record("one").holder);
      holder?.engine.kill();
      simulation.forgetRun();
      await simulation.advance(40_000);
      expect(seen.slice(0, 2).map(([at]) => at)).to.deep.equal([10 * second, 10 * second]);
      expect(seen[1]?.[1]).to.be.above(seen[0]?.[1] ?? 0);
    });

    it("are the same time when a run with a jitter is cut short and repeated, whatever part of a ms the clocks differ by", async () => {
      for (const skew of [0.2, 0.5, 777.777]) {
        simulation.restore();
        simulation = new Simulation({ skew });
        seen = [];
        const replicas = simulation.replicas(2, {
          repeat: { interval: "10s", jitter: "5s" },
          job: async (context) => {
            see(context);
            await wait("8s", { signal: context.signal });
          },
        });
        await simulation.advance(16_000);
        replicas.find(({ name }) => name === simulation.fleet.record("one").holder)?.stop.abort();
        await simulation.advance(5_000);
        const [first, second] = seen;
        expect(second?.[0], `${skew}`).to.equal(first?.[0]);
      }
    });

    it("of a continuous worker are since when it is due, and grow with each takeover", async () => {
      const replicas = simulation.replicas(2, {
        worker: async (context) => {
          see(context);
          await stopped(context.signal);
        },
      });
      await simulation.advance(5_000);
      replicas.find(({ name }) => name === simulation.fleet.record("one").holder)?.stop.abort();
      await simulation.advance(5_000);
      expect(seen.map(([at]) => at)).to.deep.equal([0, 5 * second]);
      expect(seen[1]?.[1]).to.be.above(seen[0]?.[1] ?? 0);
    });

    it("without an engine are a number too", async () => {
      simulation.start([new DeclarativeWorker({ name: "one", repeat: "1s", job: see, distributed: true })], "alone");
      await simulation.advance(1_500);
      expect(seen).to.deep.equal([[second, epoch, 0]]);
      await simulation.stop();
    });
  });
});
