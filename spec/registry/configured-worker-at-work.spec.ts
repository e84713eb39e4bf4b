import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { bootstrap, DeclarativeWorker, named, retry, StaticBackoff, type WorkerContext } from "watchbill";

const backoff = new StaticBackoff({ sleep: "1s" });
const untilAborted = ({ signal }: WorkerContext) => new Promise((resolve) => signal.addEventListener("abort", resolve));

describe("A running worker of a configurer", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  for (const [what, wrap] of [
    ["a function", (code: typeof untilAborted) => Object.defineProperty(code, "name", { value: "eu" })],
    ["a DeclarativeWorker", (code: typeof untilAborted) => new DeclarativeWorker({ name: "eu", worker: code })],
    ["a named worker", (code: typeof untilAborted) => named(code, "eu")],
    ["a retried named worker", (code: typeof untilAborted) => retry(named(code, "eu"), backoff)],
  ] as const) {
    it(`has the same name in its context as in the runner: ${what}`, async () => {
      const names: string[] = [];
      class Fetcher {
        workers() {
          const worker = wrap((context) => {
            names.push(context.name);
            return untilAborted(context);
          });
          return [worker];
        }
      }
      const controller = new AbortController();
      const running = bootstrap([Fetcher], { signal: controller.signal }).run();
      await clock.tickAsync(1);
      controller.abort();
      await running;
      expect(names).to.deep.equal(["Fetcher/eu"]);
    });
  }
});
