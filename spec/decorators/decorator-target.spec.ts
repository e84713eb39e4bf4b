import { expect } from "chai";
import { InvalidArgumentError } from "watchbill";
import { decoratorTarget, symbolMetadata } from "../../lib/decorators/decorator-target.js";

class Fetcher {
  tick() {}
}

const { prototype } = Fetcher;
const method = () => {};
const descriptor = Object.getOwnPropertyDescriptor(prototype, "tick");

const hints = {
  static: "it is static: remove static, workers belong to instances",
  private: "it is private to the class: remove the #, so that it can be called",
  field: "it is a field: make it a method",
  accessor: "it is an accessor: make it a method",
  parameter: "it is on a parameter: put it on the method",
};

describe("The target of a legacy decorator", () => {
  it("is the prototype and the key for a method", () => {
    expect(decoratorTarget([prototype, "tick", descriptor])).to.deep.equal({
      owner: prototype,
      member: "tick",
      error: undefined,
    });
  });

  it("can have a symbol for a key", () => {
    const tick = Symbol("tick");
    expect(decoratorTarget([prototype, tick, descriptor])).to.deep.equal({ owner: prototype, member: tick, error: undefined });
  });

  it("is the prototype alone for a class", () => {
    expect(decoratorTarget([Fetcher])).to.deep.equal({ owner: prototype, member: undefined, error: undefined });
  });

  for (const [what, args, error] of [
    ["a static method", [Fetcher, "tick", descriptor], hints.static],
    ["a static field", [Fetcher, "tick", undefined], hints.static],
    ["a field, as tsc passes it", [prototype, "tick", undefined], hints.field],
    ["a field, as esbuild passes it", [prototype, "tick"], hints.field],
    ["a field with a descriptor", [prototype, "tick", { value: 5 }], hints.field],
    ["a getter", [prototype, "tick", { get: () => () => {}, set: undefined }], hints.accessor],
    ["a setter", [prototype, "tick", { get: undefined, set: () => {} }], hints.accessor],
    ["a parameter of a method", [prototype, "tick", 0], hints.parameter],
  ] as const) {
    it(`is an error on ${what}, but still belongs to the prototype`, () => {
      expect(decoratorTarget(args)).to.deep.equal({ owner: prototype, member: "tick", error });
    });
  }

  it("is an error on a parameter of the constructor", () => {
    expect(decoratorTarget([Fetcher, undefined, 0]).error).to.equal(hints.parameter);
  });
});

describe("The target of a standard decorator", () => {
  const metadata = {};
  const context = { kind: "method", name: "tick", static: false, private: false, metadata };

  it("is the metadata object and the name for a method", () => {
    expect(decoratorTarget([method, context])).to.deep.equal({ owner: metadata, member: "tick", error: undefined });
  });

  for (const [name, member] of [
    [42, "42"],
    [0, "0"],
    [0.5, "0.5"],
    [1e21, "1e+21"],
    [5n, "5"],
  ] as const) {
    it(`can have a number for a name, as esbuild passes it: ${member}`, () => {
      expect(decoratorTarget([method, { ...context, name }])).to.include({ member, error: undefined });
      expect(decoratorTarget([{}, name, { value: method }])).to.include({ member, error: undefined });
    });
  }

  it("can have a symbol for a name", () => {
    const tick = Symbol("tick");
    expect(decoratorTarget([method, { ...context, name: tick }])).to.include({ member: tick, error: undefined });
  });

  it("is the metadata object alone for a class", () => {
    const target = decoratorTarget([Fetcher, { kind: "class", name: "Fetcher", metadata }]);
    expect(target).to.deep.equal({ owner: metadata, member: undefined, error: undefined });
  });

  for (const [what, deviation, error] of [
    ["a static method", { static: true }, hints.static],
    ["a private method", { private: true }, hints.private],
    ["a field", { kind: "field" }, hints.field],
    ["a private static field", { kind: "field", static: true, private: true }, hints.field],
    ["a getter", { kind: "getter" }, hints.accessor],
    ["a setter", { kind: "setter" }, hints.accessor],
    ["an auto-accessor", { kind: "accessor" }, hints.accessor],
  ] as const) {
    it(`is an error on ${what}, but still belongs to the metadata`, () => {
      expect(decoratorTarget([undefined, { ...context, ...deviation }])).to.deep.equal({
        owner: metadata,
        member: "tick",
        error,
      });
    });
  }

  it("is unknown without a metadata object, and the error names the compilers to use", () => {
    expect(() => decoratorTarget([method, { ...context, metadata: undefined }])).to.throw(
      InvalidArgumentError,
      /^The compiler passes no metadata object to decorators: use TypeScript 5\.2 or later, esbuild 0\.21 or later, or Babel with @babel\/plugin-proposal-decorators and its version "2023-05" or later$/,
    );
  });
});

describe("A decorator that is not called by a compiler", () => {
  for (const [what, args] of [
    ["without arguments", []],
    ["with a string", ["tick"]],
    ["with an object", [prototype]],
    ["with a key on null", [null, "tick", undefined]],
    ["with a boolean for a key", [prototype, true, undefined]],
    ["with null for a key", [prototype, null, undefined]],
    ["with a context whose kind is not a string", [method, { kind: 5, name: "tick" }]],
  ] as const) {
    it(`throws immediately when it is called ${what}`, () => {
      expect(() => decoratorTarget(args)).to.throw(
        InvalidArgumentError,
        /^A decorator was called with arguments that no compiler passes: write it as @Decorator on a method$/,
      );
    });
  }
});

describe("Symbol.metadata", () => {
  it("exists once the library is loaded, as the symbol that esbuild falls back to", () => {
    expect(Reflect.get(Symbol, "metadata")).to.equal(symbolMetadata);
    expect(symbolMetadata).to.equal(Symbol.for("Symbol.metadata"));
  });

  it("cannot be replaced afterwards, which would hide the records", () => {
    expect(Reflect.set(Symbol, "metadata", Symbol("another"))).to.equal(false);
  });

  it("is not changed by a copy of the library that is loaded later", async () => {
    const again: string = "../../lib/decorators/decorator-target.js?again";
    const copy: typeof import("../../lib/decorators/decorator-target.js") = await import(again);
    expect(copy.symbolMetadata).to.equal(symbolMetadata);
  });
});
