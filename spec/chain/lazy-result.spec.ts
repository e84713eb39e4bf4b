import { expect } from "chai";
import { LazyResultError, type WorkerFunc } from "watchbill";
import { workerDefinition } from "../../lib/chain/worker-definition.js";

/** The error that the run of a worker rejects with; undefined if it resolves. */
async function failureOf(worker: WorkerFunc): Promise<unknown> {
  try {
    await workerDefinition(worker).run({ signal: new AbortController().signal, name: "x" } as never);
    return undefined;
  } catch (error) {
    return error;
  }
}

async function* pages() {
  yield 1;
}

describe("A run that returns", () => {
  const symbol = Symbol("observable");
  const subscribable = { subscribe: () => ({ unsubscribe() {} }) };

  // As polyfills define it.
  before(() => Object.defineProperty(Symbol, "observable", { value: symbol, configurable: true }));
  after(() => Reflect.deleteProperty(Symbol, "observable"));

  const iterator = "an iterator, and nothing of it has run: iterate over it in the method";
  const observable =
    "an Observable, and nothing of it has run: await lastValueFrom(observable) in the method, or subscribe to it in a @Worker";

  for (const [what, make, problem] of [
    ["an iterator", () => [1].values(), iterator],
    ["an asynchronous iterator", () => pages(), iterator],
    ["an Observable by Symbol.observable", () => ({ ...subscribable, [symbol]: () => subscribable }), observable],
    ["an Observable by @@observable", () => ({ ...subscribable, "@@observable": () => subscribable }), observable],
    ["an Observable of rxjs", () => ({ ...subscribable, pipe: () => subscribable }), observable],
  ] as const) {
    it(`${what} fails`, async () => {
      for (const worker of [make, async () => make()]) {
        const error = await failureOf(worker);
        expect(error).to.be.instanceOf(LazyResultError);
        expect(error).to.include({ worker: "x", message: `x returned ${problem}` });
      }
    });
  }

  for (const [what, make] of [
    ["an object that only has subscribe", () => subscribable],
    ["an object with a property observable", () => ({ observable: () => {} })],
    ["an iterable that is not an iterator", () => [1, 2]],
  ] as const) {
    it(`${what} does not fail`, async () => {
      expect(await failureOf(make)).to.equal(undefined);
    });
  }
});
