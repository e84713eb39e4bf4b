import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import fc from "fast-check";
import { ThrownValueError, WatchbillError } from "watchbill";
import { isAbortError, toError } from "../../lib/errors/thrown-value-error.js";

const cure = "; throw an Error, so that there is a stack";

function proxyThat(trap: "get" | "getPrototypeOf" | "ownKeys"): object {
  return new Proxy(
    {},
    {
      [trap]: () => {
        throw new Error("not to be looked at");
      },
    },
  );
}

describe("A thrown value", () => {
  for (const [kind, error] of Object.entries({
    "an Error": new Error("no luck"),
    "an error of a custom class": new (class OwnError extends RangeError {})("no luck"),
    "a DOMException": new DOMException("no luck", "AbortError"),
    "an error of another realm": runInNewContext("new TypeError('no luck')") as unknown,
    "an error of a class of another realm": runInNewContext("new (class OwnError extends Error {})") as unknown,
  })) {
    it(`is unchanged if it is ${kind}`, () => {
      expect(toError(error, "x")).to.equal(error);
    });
  }

  for (const [thrown, shown] of [
    ["no luck", "'no luck'"],
    ["", "''"],
    [undefined, "undefined"],
    [null, "null"],
    [404, "404"],
    [5n, "5n"],
    [Symbol("s"), "Symbol(s)"],
    [{ status: 404 }, "an object with the key status"],
    [{ message: "no luck", name: "Error", stack: "" }, "an object with the keys message, name, stack"],
    [{ response: { headers: { authorization: "secret" } } }, "an object with the key response"],
    [Object.create(null), "an object without keys"],
    ["x".repeat(200), `'${"x".repeat(100)}… (200 characters)'`],
    [["secret"], "an array of 1"],
    [Buffer.from("secret"), "a Buffer of 6"],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [new Date(Number.NaN), "Invalid Date"],
    [10n ** 1_000n, "a huge bigint"],
  ] as const) {
    it(`becomes the cause of an error if it is ${shown}`, () => {
      const error = toError(thrown, "github/commits");
      expect(error).to.be.instanceOf(ThrownValueError).and.instanceOf(WatchbillError);
      expect(error).to.include({
        name: "ThrownValueError",
        worker: "github/commits",
        cause: thrown,
        message: `github/commits threw ${shown}${cure}`,
      });
    });
  }

  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const [kind, thrown] of Object.entries({
    "a proxy that throws when it is read": proxyThat("get"),
    "a proxy that throws when its keys are listed": proxyThat("ownKeys"),
    "a proxy that throws when its prototype is read": proxyThat("getPrototypeOf"),
    "a revoked proxy": revoked,
  })) {
    it(`becomes the cause of an error if it is ${kind}`, () => {
      const error = toError(thrown, "x");
      expect(error).to.be.instanceOf(ThrownValueError);
      // Without chai, which would read the value.
      expect(error.cause === thrown).to.equal(true);
    });
  }

  it("is printed without its values, in any way of inspection", () => {
    const error = toError({ authorization: "secret" }, "x");
    for (const customInspect of [true, false]) expect(inspect(error, { customInspect })).not.to.include("secret");
    expect(inspect(new Error("outer", { cause: error }))).not.to.include("secret");
  });

  it("is not shown if that is impossible", () => {
    const thrown = {
      [inspect.custom]() {
        throw new Error("not to be inspected");
      },
    };
    expect(toError(thrown, "x").message).to.equal(`x threw an object without keys${cure}`);
  });

  it("is not called if it has a then", async () => {
    let calls = 0;
    // biome-ignore lint/suspicious/noThenProperty: a thenable
    toError({ then: () => calls++ }, "x");
    await new Promise(setImmediate);
    expect(calls).to.equal(0);
  });

  it("becomes an error in any case, with the value as its cause", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }), (thrown) => {
        const error = toError(thrown, "x");
        expect(error).to.be.instanceOf(ThrownValueError);
        expect(Object.is(error.cause, thrown)).to.equal(true);
      }),
    );
  });
});

describe("An AbortError", () => {
  const named = (error: Error, name: unknown): Error => Object.defineProperty(error, "name", { value: name });

  for (const [kind, thrown, is] of [
    ["the reason of a signal", AbortSignal.abort().reason, true],
    ["an Error of that name", named(new Error("enough"), "AbortError"), true],
    ["an error of another realm of that name", runInNewContext("Object.assign(new Error(), { name: 'AbortError' })"), true],
    ["the reason of a timeout", new DOMException("too long", "TimeoutError"), false],
    ["an Error of another name", new Error("AbortError"), false],
    ["an object of that name", { name: "AbortError" }, false],
    ["a string of that name", "AbortError", false],
    ["undefined", undefined, false],
    ["a proxy that throws when its prototype is read", proxyThat("getPrototypeOf"), false],
  ] as [string, unknown, boolean][]) {
    it(`is ${is ? "" : "not "}${kind}`, () => {
      expect(isAbortError(thrown)).to.equal(is);
    });
  }

  it("has a name that can be read", () => {
    const thrown = Object.defineProperty(new Error("no luck"), "name", {
      get: () => {
        throw new Error("not to be read");
      },
    });
    expect(isAbortError(thrown)).to.equal(false);
  });
});
