import { expect } from "chai";
import { InvalidArgumentError } from "watchbill";
import { siteOf } from "../../lib/metadata/site.js";

class Fetcher {
  tick() {}
}

const { prototype } = Fetcher;
const method = () => {};
const descriptor = Object.getOwnPropertyDescriptor(prototype, "tick");

const cures = {
  static: "it is static: remove static, workers belong to instances",
  private: "it is private to the class: remove the #, so that it can be called",
  field: "it is a field: make it a method",
  accessor: "it is an accessor: make it a method",
  parameter: "it is on a parameter: put it on the method",
};

describe("The site of a legacy decorator", () => {
  it("is the prototype and the key for a method", () => {
    expect(siteOf([prototype, "tick", descriptor])).to.deep.equal({ home: prototype, member: "tick", misuse: undefined });
  });

  it("may have a symbol for a key", () => {
    const tick = Symbol("tick");
    expect(siteOf([prototype, tick, descriptor])).to.deep.equal({ home: prototype, member: tick, misuse: undefined });
  });

  it("is the prototype alone for a class", () => {
    expect(siteOf([Fetcher])).to.deep.equal({ home: prototype, member: undefined, misuse: undefined });
  });

  for (const [what, site, misuse] of [
    ["a static method", [Fetcher, "tick", descriptor], cures.static],
    ["a static field", [Fetcher, "tick", undefined], cures.static],
    ["a field, as tsc passes it", [prototype, "tick", undefined], cures.field],
    ["a field, as esbuild passes it", [prototype, "tick"], cures.field],
    ["a field with a descriptor", [prototype, "tick", { value: 5 }], cures.field],
    ["a getter", [prototype, "tick", { get: () => () => {}, set: undefined }], cures.accessor],
    ["a setter", [prototype, "tick", { get: undefined, set: () => {} }], cures.accessor],
    ["a parameter of a method", [prototype, "tick", 0], cures.parameter],
  ] as const) {
    it(`is misused on ${what}, at home on the prototype nevertheless`, () => {
      expect(siteOf(site)).to.deep.equal({ home: prototype, member: "tick", misuse });
    });
  }

  it("is misused on a parameter of the constructor", () => {
    expect(siteOf([Fetcher, undefined, 0]).misuse).to.equal(cures.parameter);
  });
});

describe("The site of a standard decorator", () => {
  const metadata = {};
  const context = { kind: "method", name: "tick", static: false, private: false, metadata };

  it("is the metadata object and the name for a method", () => {
    expect(siteOf([method, context])).to.deep.equal({ home: metadata, member: "tick", misuse: undefined });
  });

  for (const [name, member] of [
    [42, "42"],
    [0, "0"],
    [0.5, "0.5"],
    [1e21, "1e+21"],
    [5n, "5"],
  ] as const) {
    it(`may have a number for a name, as esbuild hands it over: ${member}`, () => {
      expect(siteOf([method, { ...context, name }])).to.include({ member, misuse: undefined });
      expect(siteOf([{}, name, { value: method }])).to.include({ member, misuse: undefined });
    });
  }

  it("may have a symbol for a name", () => {
    const tick = Symbol("tick");
    expect(siteOf([method, { ...context, name: tick }])).to.include({ member: tick, misuse: undefined });
  });

  it("is the metadata object alone for a class", () => {
    const site = siteOf([Fetcher, { kind: "class", name: "Fetcher", metadata }]);
    expect(site).to.deep.equal({ home: metadata, member: undefined, misuse: undefined });
  });

  for (const [what, deviation, misuse] of [
    ["a static method", { static: true }, cures.static],
    ["a private method", { private: true }, cures.private],
    ["a field", { kind: "field" }, cures.field],
    ["a private static field", { kind: "field", static: true, private: true }, cures.field],
    ["a getter", { kind: "getter" }, cures.accessor],
    ["a setter", { kind: "setter" }, cures.accessor],
    ["an auto-accessor", { kind: "accessor" }, cures.accessor],
  ] as const) {
    it(`is misused on ${what}, at home in the metadata nevertheless`, () => {
      expect(siteOf([undefined, { ...context, ...deviation }])).to.deep.equal({ home: metadata, member: "tick", misuse });
    });
  }

  it("is unknown without a metadata object, so the compiler is named as the cure", () => {
    expect(() => siteOf([method, { ...context, metadata: undefined }])).to.throw(
      InvalidArgumentError,
      /^The compiler gives decorators no metadata object: use TypeScript 5\.2 or later, esbuild 0\.21 or later, or Babel with @babel\/plugin-proposal-decorators and its version "2023-05" or later$/,
    );
  });
});

describe("A decorator that no compiler has called", () => {
  for (const [what, site] of [
    ["with nothing", []],
    ["with a string", ["tick"]],
    ["with an object", [prototype]],
    ["with a key on nothing", [null, "tick", undefined]],
    ["with a boolean for a key", [prototype, true, undefined]],
  ] as const) {
    it(`is told so at once when it is called ${what}`, () => {
      expect(() => siteOf(site)).to.throw(
        InvalidArgumentError,
        /^A decorator was called with something that no compiler hands to one: write it as @Decorator on a method$/,
      );
    });
  }
});
