import { expect } from "chai";
import { InvalidArgumentError } from "watchbill";
import { checkOptions } from "../../lib/errors/check-options.js";
import { untouchable } from "./hostile-values.fixture.js";

const known = ["sleep", "max"];

describe("Options", () => {
  it("are copied without those that are undefined", () => {
    const options = { sleep: "1s", max: undefined };
    const read = checkOptions("a backoff", options, known);
    expect(read).to.deep.equal({ sleep: "1s" });
    expect(read).not.to.equal(options);
  });

  it("can be inherited, or getters of a class", () => {
    class Settings {
      get sleep() {
        return "1s";
      }
    }
    expect(checkOptions("a backoff", Object.assign(Object.create({ sleep: "2s" }), { max: 1 }), known)).to.deep.equal({
      sleep: "2s",
      max: 1,
    });
    expect(checkOptions("a backoff", new Settings(), known)).to.deep.equal({ sleep: "1s" });
  });

  it("can be a proxy", () => {
    expect(checkOptions("a backoff", new Proxy({ sleep: "1s" }, {}), known)).to.deep.equal({ sleep: "1s" });
  });

  const thrown = { password: "secret" };
  const refuse = (): never => {
    throw thrown;
  };
  const { proxy: revoked, revoke } = Proxy.revocable([], {});
  revoke();

  for (const [what, options, message] of [
    ["keys", new Proxy({}, { ownKeys: refuse }), "The options of a backoff cannot be read: pass a plain object"],
    [
      "descriptors",
      new Proxy({ sleep: 1 }, { getOwnPropertyDescriptor: refuse }),
      "The options of a backoff cannot be read: pass a plain object",
    ],
    ["values", new Proxy({ sleep: 1 }, { get: refuse }), "The option sleep of a backoff cannot be read: pass a plain object"],
    [
      "getter",
      Object.defineProperty({}, "max", { get: refuse }),
      "The option max of a backoff cannot be read: pass a plain object",
    ],
  ] as const) {
    it(`are rejected if their ${what} cannot be read, with the thrown value as the cause`, () => {
      expect(() => checkOptions("a backoff", options, known))
        .to.throw(InvalidArgumentError)
        .and.to.include({ message, cause: thrown });
    });
  }

  it("are rejected if they are a revoked proxy", () => {
    const error = expect(() => checkOptions("a backoff", revoked, known)).to.throw(InvalidArgumentError);
    error.with.property("message", "The options of a backoff cannot be read: pass a plain object");
    error.with.property("cause").that.is.instanceOf(TypeError);
  });

  for (const [options, message] of [
    [null, "The options of a backoff are null: pass an object"],
    ["postgres://u:secret@h", "The options of a backoff are a string: pass an object"],
    [[], "The options of a backoff are an array of 0: pass an object"],
    [() => {}, "The options of a backoff are a function without a name: pass an object"],
    [{ slep: 1 }, 'a backoff has no option "slep": did you mean sleep?'],
  ] as const) {
    it(`are rejected: ${message}`, () => {
      expect(() => checkOptions("a backoff", options, known))
        .to.throw(InvalidArgumentError)
        .with.property("message", message);
    });
  }

  it("are reported with a shortened name if they do not exist", () => {
    expect(() => checkOptions("a backoff", { ["x".repeat(5_000)]: 1 }, known))
      .to.throw(InvalidArgumentError)
      .with.property("message")
      .with.length.below(300);
  });

  it("are not shown if they are hostile", () => {
    expect(() => checkOptions("a backoff", untouchable(), known)).to.throw(InvalidArgumentError);
  });
});
