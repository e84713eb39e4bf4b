import { runInNewContext } from "node:vm";
import { expect } from "chai";
import sinon from "sinon";
import { stopped, ThrownValueError, type WorkerContext, type WorkerFunc, wait } from "watchbill";
import { workerDefinition } from "../../lib/chain/worker-definition.js";
import { escapedFrom } from "../unhandled-rejections.fixture.js";

describe("The call of a worker", () => {
  let clock: sinon.SinonFakeTimers;
  let stop: AbortController;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
    stop = new AbortController();
  });

  afterEach(() => clock.restore());

  /** The error it rejects with, as `error`; none if it resolves; "runs on" if neither happens within a minute. */
  async function endOf(worker: WorkerFunc, abortWith?: { reason: unknown }): Promise<{ error: unknown } | "stopped" | "runs on"> {
    const logger = { debug: sinon.spy(), info: sinon.spy(), warn: sinon.spy(), error: sinon.spy() };
    let end: { error: unknown } | "stopped" | "runs on" = "runs on";
    workerDefinition(worker)
      .run({ signal: stop.signal, name: "x", attempt: 0, logger, reportHealth() {} })
      .then(
        () => (end = "stopped"),
        (error: unknown) => (end = { error }),
      );
    await clock.tickAsync(1_000);
    if (abortWith !== undefined) stop.abort(abortWith.reason);
    await clock.tickAsync(59_000);
    return end;
  }

  /** A worker that waits until it is stopped, and then throws. */
  const throwingOnStop =
    (thrown: (signal: AbortSignal) => unknown): WorkerFunc =>
    async ({ signal }: WorkerContext) => {
      await stopped(signal);
      throw thrown(signal);
    };

  describe("has stopped cleanly after an abort if it", () => {
    const reason = new Error("shutting down");
    it("returns", async () => {
      expect(await endOf(({ signal }) => stopped(signal), { reason })).to.equal("stopped");
    });
    it("rejects with the reason of its signal", async () => {
      expect(
        await endOf(
          throwingOnStop((signal) => signal.reason),
          { reason },
        ),
      ).to.equal("stopped");
    });
    it("rejects with the reason of its signal, even one that is not an error", async () => {
      expect(
        await endOf(
          throwingOnStop((signal) => signal.reason),
          { reason: "enough" },
        ),
      ).to.equal("stopped");
      stop = new AbortController();
      expect(
        await endOf(
          throwingOnStop((signal) => signal.reason),
          { reason: null },
        ),
      ).to.equal("stopped");
    });
    it("rejects with any AbortError", async () => {
      expect(
        await endOf(
          throwingOnStop(() => new DOMException("aborted", "AbortError")),
          { reason },
        ),
      ).to.equal("stopped");
      stop = new AbortController();
      const own = Object.assign(new Error("aborted"), { name: "AbortError" });
      expect(
        await endOf(
          throwingOnStop(() => own),
          { reason },
        ),
      ).to.equal("stopped");
    });
    it("rejects with an AbortError of another realm", async () => {
      const error: unknown = runInNewContext("Object.assign(new Error('aborted'), { name: 'AbortError' })");
      expect(
        await endOf(
          throwingOnStop(() => error),
          { reason },
        ),
      ).to.equal("stopped");
    });
  });

  describe("has stopped cleanly after an abort if it rejects with an error", () => {
    const reason = new Error("shutting down");
    const canceled = (cause: unknown) => new Error("canceled", { cause });

    it("whose cause is the reason, as in axios", async () => {
      expect(
        await endOf(
          throwingOnStop((signal) => canceled(signal.reason)),
          { reason },
        ),
      ).to.equal("stopped");
    });

    it("whose cause has the reason as its cause", async () => {
      expect(
        await endOf(
          throwingOnStop((signal) => canceled(canceled(signal.reason))),
          { reason },
        ),
      ).to.equal("stopped");
    });
  });

  it("fails with an error that is its own cause, even after an abort", async () => {
    const error = new Error("cannot close");
    error.cause = error;
    expect(
      await endOf(
        throwingOnStop(() => error),
        { reason: new Error("shutting down") },
      ),
    ).to.deep.equal({ error });
  });

  describe("fails after an abort if it", () => {
    it("rejects with any other error", async () => {
      const error = new Error("the connection would not close");
      expect(
        await endOf(
          throwingOnStop(() => error),
          { reason: undefined },
        ),
      ).to.deep.equal({ error });
    });
    it("rejects with a copy of the reason", async () => {
      const error = new Error("shutting down");
      expect(
        await endOf(
          throwingOnStop(() => error),
          { reason: new Error("shutting down") },
        ),
      ).to.deep.equal({ error });
    });
    it("rejects with undefined", async () => {
      const end = await endOf(
        throwingOnStop(() => undefined),
        { reason: new Error("shutting down") },
      );
      expect(end).to.have.property("error").that.is.instanceOf(ThrownValueError);
    });
  });

  it("fails if it rejects with an AbortError before any abort", async () => {
    const error = new DOMException("the fetch took too long", "AbortError");
    expect(await endOf(() => Promise.reject(error))).to.deep.equal({ error });
  });

  it("fails with an error whose name cannot be read", async () => {
    const error = Object.defineProperty(new Error("no luck"), "name", {
      get() {
        throw new Error("no name");
      },
    });
    expect(
      await endOf(
        throwingOnStop(() => error),
        { reason: undefined },
      ),
    ).to.have.property("error", error);
  });

  // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
  const thenable = { then: (resolve: () => void) => setTimeout(resolve, 30_000) };
  for (const [what, result] of [
    ["a promise", () => wait("30s")],
    ["a thenable", () => thenable],
    ["a function that is a thenable", () => Object.assign(() => {}, thenable)],
  ] as const) {
    it(`awaits ${what}`, async () => {
      const ended = sinon.spy();
      void workerDefinition(result)
        .run({ signal: stop.signal } as never)
        .then(ended);
      await clock.tickAsync(29_999);
      expect(ended.called).to.equal(false);
      await clock.tickAsync(1);
      expect(ended.called).to.equal(true);
    });
  }

  describe("that returns a rejecting promise of an unusual class", () => {
    class Odd extends Promise<unknown> {
      static override get [Symbol.species](): never {
        throw new Error("not to be derived");
      }
    }
    /** A promise whose `then` creates an object that throws when it is settled. */
    class Fragile extends Promise<unknown> {
      static override get [Symbol.species](): PromiseConstructor {
        return CannotSettle as never;
      }
    }
    class CannotSettle {
      constructor(executor: (resolve: () => never, reject: () => never) => void) {
        executor(refuse, refuse);
      }
    }
    const refuse = (): never => {
      throw new Error("not to be used");
    };
    const withConstructor = (descriptor: PropertyDescriptor) =>
      Object.defineProperty(Promise.reject(failure), "constructor", { configurable: true, ...descriptor });
    const failure = new Error("no luck");

    for (const [what, odd] of [
      ["whose Symbol.species throws", () => Odd.reject(failure)],
      ["whose Symbol.species creates an object that cannot be settled", () => Fragile.reject(failure)],
      ["whose constructor is a getter that throws", () => withConstructor({ get: refuse })],
      ["whose constructor is not a constructor", () => withConstructor({ value: 5 })],
    ] as const) {
      it(`fails with its rejection: ${what}`, async () => {
        let end: unknown;
        let promise: Promise<unknown> | undefined;
        let before: unknown;
        const escaped = await escapedFrom(async () => {
          end = await endOf(() => {
            promise = odd();
            before = Object.getOwnPropertyDescriptor(promise, "constructor");
            return promise;
          });
        });
        expect(end).to.deep.equal({ error: failure });
        expect(escaped).to.deep.equal([]);
        expect(Object.getOwnPropertyDescriptor(promise, "constructor")).to.deep.equal(before);
      });
    }

    it("fails with the error of its class if the promise is frozen, and leaves the rejection unhandled", async () => {
      let end: unknown;
      const escaped = await escapedFrom(async () => {
        end = await endOf(() => Object.freeze(Odd.reject(failure)));
      });
      expect(end).to.have.property("error").that.has.property("message", "not to be derived");
      expect(escaped).to.deep.equal([failure]);
    });

    it("fails with a promise that it throws, and handles its rejection", async () => {
      let end: unknown;
      const escaped = await escapedFrom(async () => {
        end = await endOf(() => {
          throw Odd.reject(failure);
        });
      });
      expect(end).to.have.property("error").that.is.instanceOf(ThrownValueError);
      expect(escaped).to.deep.equal([]);
    });
  });

  it("ends when it returns any other value, which is ignored", async () => {
    for (const result of [undefined, 0, "text", null, {}, [], () => {}, { next() {} }]) {
      expect(await endOf(() => result)).to.equal("stopped");
    }
  });
});
