import { inspect } from "node:util";
import { expect } from "chai";
import { inspectSafely, readFields } from "../../lib/errors/inspect-safely.js";
import { onRejection, onSettled } from "../../lib/errors/on-settled.js";
import { containsWord, describeError, errorDetails, errorFrames, errorName, isCausedBy } from "../../lib/errors/read-error.js";
import { functionName, isClass, isInstanceOf, ownKeys, readArray, readList, readProperty } from "../../lib/errors/read-value.js";
import { cutText, describeKind, showUnlessText, showValue } from "../../lib/errors/show-value.js";

const refuse = (): never => {
  throw new Error("not to be looked at");
};

/** A proxy whose traps all throw. */
const closed = new Proxy({}, { get: refuse, ownKeys: refuse, getPrototypeOf: refuse, getOwnPropertyDescriptor: refuse });

class Pool {
  readonly url: string = "postgres://u:secret@h";
}

const keysOf = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, index]));

describe("A value in a message", () => {
  for (const [value, shown] of [
    ["5 parsecs", "'5 parsecs'"],
    ["x".repeat(101), `'${"x".repeat(100)}… (101 characters)'`],
    ["x".repeat(100), `'${"x".repeat(100)}'`],
    [Symbol("events"), "Symbol(events)"],
    [5n, "5n"],
    [10n ** 100n, `1${"0".repeat(100)}n`],
    [10n ** 100n + 1n, "a huge bigint"],
    [-(10n ** 100n), `-1${"0".repeat(100)}n`],
    [-(10n ** 100n) - 1n, "a huge bigint"],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [new Date(Number.NaN), "Invalid Date"],
    [-0, "-0"],
    [true, "true"],
    [null, "null"],
    [undefined, "undefined"],
    [[1, 2, 3], "an array of 3"],
    [new Uint8Array(4), "a Uint8Array of 4"],
    [new Int8Array(4), "an Int8Array of 4"],
    [new Float64Array(4), "a Float64Array of 4"],
    [Object.assign(new Uint8Array(2), { constructor: undefined }), "an array of numbers of 2"],
    [new String("secret"), "a String object"],
    [{}, "an object without keys"],
    [Object.create(null), "an object without keys"],
    [{ password: "secret" }, "an object with the key password"],
    [{ url: 1, password: 2 }, "an object with the keys url, password"],
    [keysOf(10), "an object with the keys key0, key1, key2, key3, key4, key5, key6, key7, key8, key9"],
    [keysOf(12), "an object with the keys key0, key1, key2, key3, key4, key5, key6, key7, key8, key9 and 2 more"],
    [new Pool(), "an instance of Pool with the key url"],
    [new Map([["password", "secret"]]), "an instance of Map"],
    [Pool, "the class Pool"],
    [(() => class {})(), "a class without a name"],
    [(() => () => {})(), "a function without a name"],
    [refuse, "the function refuse"],
    [Object.defineProperty(() => {}, "name", { value: 5 }), "a function without a name"],
    [closed, "a proxy"],
    [Object.defineProperty({ a: 1 }, "constructor", { get: refuse }), "an object with the key a"],
  ] as const) {
    it(`is shown as ${shown.slice(0, 60)}`, () => {
      expect(showValue(value)).to.equal(shown);
    });
  }

  it("is a string without its text where that may be a secret", () => {
    expect(showUnlessText("postgres://u:secret@h")).to.equal("a string");
    expect(showUnlessText(5)).to.equal("5");
    expect(describeKind(5)).to.equal("a number");
  });
});

describe("A value that is logged on purpose", () => {
  for (const [value, shown] of [
    ["x", "'x'"],
    ["x".repeat(1_000), `'${"x".repeat(1_000)}'`],
    [["x".repeat(201)], `[ '${"x".repeat(200)}… (201 characters)' ]`],
    [5, "5"],
    [undefined, "undefined"],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [closed, "a proxy"],
    [{ a: closed, b: new Date(0) }, "{ a: a proxy, b: 1970-01-01T00:00:00.000Z }"],
    [[], "[]"],
    [{}, "{}"],
    [Object.assign(Object.create(null), { a: 1 }), "{ a: 1 }"],
    [[1, "a", [2]], "[ 1, 'a', [ 2 ] ]"],
    [{ a: { b: { c: { d: 1 } } } }, "{ a: { b: { c: [Object] } } }"],
    [[[[[1]]]], "[ [ [ [Array] ] ] ]"],
    [{ "content-type": 1, $ok_1: 2, "": 3 }, "{ 'content-type': 1, $ok_1: 2, '': 3 }"],
    [{ "a b": 1 }, "{ 'a b': 1 }"],
    [{ é: 1, xé: 2 }, "{ 'é': 1, 'xé': 2 }"],
    [Array(20).fill(1), `[ ${Array(20).fill(1).join(", ")} ]`],
    [Array(22).fill(1), `[ ${Array(20).fill(1).join(", ")}, ... 2 more ]`],
    [new Map([["a", { b: 1 }]]), "Map(1) { 'a' => [Object] }"],
    [new Pool(), "Pool { url: 'postgres://u:secret@h' }"],
    [{ [inspect.custom]: () => "custom" }, "custom"],
    [refuse, "[Function: refuse]"],
    [Object.assign(new Error("HTTP 503"), { request: "secret" }), "[Error: HTTP 503]"],
    [[Object.assign(new TypeError("HTTP 503"), { request: "secret" })], "[ [TypeError: HTTP 503] ]"],
    [{ [inspect.custom]: refuse }, "an object without keys"],
    [Object.defineProperty({}, "a", { get: refuse, enumerable: true }), "{ a: '(cannot be read)' }"],
  ] as const) {
    it(`is shown as ${shown.slice(0, 60)}`, () => {
      expect(inspectSafely(value)).to.equal(shown);
    });
  }

  it("is cut where a line would become too long", () => {
    const text = inspectSafely("x".repeat(3_000));
    expect(text).to.match(/^'x+… \(\d+ characters\)$/);
    expect(text.length).to.be.within(2_000, 2_030);
  });
});

describe("What the library reads of a foreign value", () => {
  it("is missing if it cannot be read", () => {
    expect([readProperty(closed, "a"), readProperty(null, "a"), readProperty("text", "length")]).to.deep.equal(
      Array(3).fill(undefined),
    );
    expect([functionName(closed), isClass(closed), isInstanceOf(closed, Pool), ownKeys(closed)]).to.deep.equal([
      "",
      false,
      false,
      [],
    ]);
    expect(readFields(closed)).to.deep.equal([["details", "a proxy"]]);
    expect(readFields(new Proxy({}, {}))).to.deep.equal([["details", "a proxy"]]);
    expect(readFields({})).to.deep.equal([]);
  });

  it("is an array only if it is one that can be read", () => {
    expect(readArray([1, 2])).to.deep.equal([1, 2]);
    expect(readArray({ length: 2 })).to.equal(undefined);
    expect(readArray(new Proxy([], { get: refuse }))).to.equal(undefined);
    expect(readList({ errors: [1, 2, 3] }, "errors", 2)).to.deep.equal({ items: [1, 2], length: 3 });
    expect(readList({ errors: "abc" }, "errors", 2)).to.equal(undefined);
    expect(readList({ errors: new Proxy([1], {}) }, "errors", 2)).to.equal(undefined);
  });

  it("is a class only if it cannot be called", () => {
    expect([Pool, class {}].map(isClass)).to.deep.equal([true, true]);
    expect([refuse, function Old() {}, {}, "class", undefined].map(isClass)).to.deep.equal(Array(5).fill(false));
    expect(isInstanceOf(new Proxy(new Pool(), {}), Pool)).to.equal(false);
    expect(isInstanceOf({}, Object.defineProperty(class {}, Symbol.hasInstance, { value: refuse }))).to.equal(false);
  });
});

describe("A promise of the user", () => {
  /** What it calls back with, once all microtasks have run. */
  async function settled(value: object): Promise<unknown> {
    let result: unknown = "nothing";
    onSettled(
      value,
      (fulfilled) => (result = fulfilled),
      (reason) => (result = ["rejected", reason]),
    );
    await new Promise(setImmediate);
    return result;
  }

  it("calls back when it has settled", async () => {
    expect(await settled(Promise.resolve(5))).to.equal(5);
    expect(await settled(Promise.reject(6))).to.deep.equal(["rejected", 6]);
    // biome-ignore lint/suspicious/noThenProperty: a thenable
    expect(await settled({ then: (resolve: (value: number) => void) => resolve(7) })).to.equal(7);
    const plain = {};
    expect(await settled(plain)).to.equal(plain);
  });

  it("calls back, and is left as it was, if its class, its constructor or its then is another", async () => {
    class Species extends Promise<unknown> {
      static override get [Symbol.species](): PromiseConstructor {
        return refuse();
      }
    }
    expect(await settled(Species.resolve(5))).to.equal(5);
    const own = Promise.resolve(6);
    void Object.defineProperty(own, "constructor", { get: refuse, configurable: true });
    const before = Object.getOwnPropertyDescriptor(own, "constructor");
    expect(await settled(own)).to.equal(6);
    expect(Object.getOwnPropertyDescriptor(own, "constructor")).to.deep.equal(before);
    const species = Species.resolve(7);
    await settled(species);
    expect(Object.hasOwn(species, "constructor")).to.equal(false);
    // biome-ignore lint/suspicious/noThenProperty: as a user may do
    expect(await settled(Object.assign(Promise.resolve(8), { then: refuse }))).to.equal(8);
  });

  it("is left alone if it is frozen and its class throws, which the caller learns", () => {
    const frozen = Object.freeze(Object.defineProperty(Promise.resolve(5), "constructor", { get: refuse }));
    expect(() => onSettled(frozen, refuse, refuse)).to.throw("not to be looked at");
    const reasons: unknown[] = [];
    onRejection(frozen, (reason) => reasons.push(reason));
    onRejection("text", refuse);
    expect(reasons.map(String)).to.deep.equal(["Error: not to be looked at"]);
  });
});

describe("What is shown of an error", () => {
  it("is its name and message, or that there is none", () => {
    expect(describeError(new TypeError("no luck"))).to.equal("TypeError: no luck");
    expect(describeError(Object.assign(new Error("no luck"), { name: "" }))).to.equal("Error: no luck");
    expect(describeError(Object.assign(new Error(), { message: 5, name: 6 }))).to.equal("Error: 5");
    expect(errorName(Object.assign(new Error(), { name: "N".repeat(101) }))).to.equal(`${"N".repeat(100)}… (101 characters)`);
  });

  it("is each frame of its stack, without the lines of its message", () => {
    const stack = "Error: first\n    at fake (a.js:1:1)\n    at real (b.js:1:1)\n  see at the end\n\tat other (c.js:1:1)";
    const error = Object.assign(new Error("first\n    at fake (a.js:1:1)"), { stack });
    expect(errorFrames(error)).to.deep.equal(["at real (b.js:1:1)", "at other (c.js:1:1)"]);
    error.message = "changed since";
    expect(errorFrames(error)).to.include("at other (c.js:1:1)");
    expect(errorFrames(Object.assign(new Error(), { message: 5, stack: "\n  at real (b.js:1:1)" }))).to.have.length(1);
    const frame = `\n    at x (${"y".repeat(89)})`;
    expect(errorFrames(Object.assign(new Error(""), { stack: frame.repeat(1_000) }))).to.have.length(198);
    expect(errorFrames(Object.assign(new Error(""), { stack: frame.repeat(10_000) }))).to.deep.equal([]);
  });

  it("is its code, status and the like, unless the message has them", () => {
    const details = { code: "E_BUSY", errno: -5, syscall: "", status: 503, statusCode: null, request: "secret" };
    expect(errorDetails(Object.assign(new Error("no luck"), details))).to.deep.equal(["code E_BUSY", "errno -5", "status 503"]);
    expect(errorDetails(Object.assign(new Error("HTTP 503: E_BUSY"), details))).to.deep.equal(["errno -5"]);
    expect(errorDetails(new DOMException("stopped", "AbortError"))).to.deep.equal([]);
  });

  it("has a word in it only as a whole", () => {
    const texts = ["503", "HTTP 503.", "1503 503", "1503", "5030", "x503", ""];
    expect(texts.map((text) => containsWord(text, "503"))).to.deep.equal([true, true, true, false, false, false, false]);
  });

  it("is cut only if it is too long", () => {
    expect([cutText("abcde", 5), cutText("abcdef", 5)]).to.deep.equal(["abcde", "abcde… (6 characters)"]);
  });

  it("may be caused by another, at any depth that is not absurd", () => {
    const root = new Error("root");
    const nested = (depth: number): Error => (depth === 0 ? root : new Error("outer", { cause: nested(depth - 1) }));
    expect([0, 1, 9, 10].map((depth) => isCausedBy(nested(depth), root))).to.deep.equal([true, true, true, false]);
    expect(isCausedBy({ cause: root }, root)).to.equal(false);
    const cyclic = new Error("cyclic");
    cyclic.cause = cyclic;
    expect(isCausedBy(cyclic, root)).to.equal(false);
  });
});
