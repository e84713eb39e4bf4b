import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import sinon from "sinon";
import { ThrownValueError, type WorkerFunc, wait } from "watchbill";
import { workerDefinition } from "../../lib/chain/worker-definition.js";

describe("The call of a worker", () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  /** The error it rejects with; "nothing yet" if it has not rejected after a minute. */
  async function failureOf(worker: WorkerFunc): Promise<unknown> {
    let failure: unknown = "nothing yet";
    const { signal } = new AbortController();
    workerDefinition(worker)
      .run({ signal, name: "x" } as never)
      .catch((error: unknown) => (failure = error));
    await clock.tickAsync(60_000);
    return failure;
  }

  // biome-ignore format: one way a line
  const waysToThrow: [string, (thrown: unknown) => WorkerFunc][] = [
    ["thrown", (thrown) => () => { throw thrown; }],
    ["rejected", (thrown) => () => Promise.reject(thrown)],
    ["rejected later", (thrown) => async () => { await wait("1s"); throw thrown; }],
    // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
    ["rejected by a thenable", (thrown) => () => ({ then: (_: unknown, reject: (thrown: unknown) => void) => reject(thrown) })],
  ];

  for (const [way, worker] of waysToThrow) {
    describe(`wraps a value that is not an error, if ${way}:`, () => {
      for (const [thrown, shown] of [
        ["no luck", "'no luck'"],
        [undefined, "undefined"],
        [null, "null"],
        [0, "0"],
        [Symbol.iterator, "Symbol(Symbol.iterator)"],
        [Object.create(null), "an object without keys"],
        [{ message: "no luck" }, "an object with the key message"],
      ] as const) {
        it(shown, async () => {
          const error = await failureOf(worker(thrown));
          expect(error).to.be.instanceOf(ThrownValueError);
          expect(error).to.include({
            name: "ThrownValueError",
            worker: "x",
            cause: thrown,
            message: `x threw ${shown}; throw an Error, so that there is a stack`,
          });
        });
      }

      it("a value that cannot be shown", async () => {
        const unshowable = Object.defineProperty({}, inspect.custom, { get: () => expect.fail() });
        const error = await failureOf(worker(unshowable));
        expect(error).to.be.instanceOf(ThrownValueError);
        expect(error).to.have.property("message", "x threw an object without keys; throw an Error, so that there is a stack");
      });

      it("a revoked proxy", async () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        expect(await failureOf(worker(proxy))).to.be.instanceOf(ThrownValueError);
      });
    });

    it(`propagates by identity an error that is ${way}`, async () => {
      const error = new Error("no luck");
      expect(await failureOf(worker(error))).to.equal(error);
    });

    it(`propagates by identity an error of another realm that is ${way}`, async () => {
      const error: unknown = runInNewContext("new TypeError('no luck')");
      expect(await failureOf(worker(error))).to.equal(error);
    });
  }
});
