import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { BootstrapError, bootstrap, Named, Repeat, Worker } from "watchbill";
import { classRecords, memberRecords, recordDecorator } from "../../lib/decorators/decorator-record.js";
import { symbolMetadata } from "../../lib/decorators/decorator-target.js";

/** Decorates a method in a call, as `experimentalDecorators` does. */
function decorateLegacy(type: { readonly prototype: object }, member: string, ...decorators: unknown[]) {
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, member);
  for (const decorate of decorators.toReversed()) apply(decorate, type.prototype, member, descriptor);
}

/** Decorates a method in a call, as a compiler of standard decorators does. */
function decorateStandard(type: { readonly prototype: object }, member: string, ...decorators: unknown[]) {
  const own = Object.getOwnPropertyDescriptor(type, symbolMetadata)?.value as object | undefined;
  const metadata = own ?? (Object.create((Reflect.get(type, symbolMetadata) as object | undefined) ?? null) as object);
  const context = { kind: "method", name: member, static: false, private: false, metadata };
  for (const decorate of decorators.toReversed()) apply(decorate, Reflect.get(type.prototype, member), context);
  Object.defineProperty(type, symbolMetadata, { value: metadata, configurable: true });
}

function apply(decorate: unknown, ...target: unknown[]) {
  Reflect.apply(decorate as (...target: unknown[]) => unknown, undefined, target);
}

function namesOf(type: object) {
  return bootstrap([type]).workers.map(({ name }) => name);
}

function problemsOf(type: object): readonly string[] {
  try {
    return namesOf(type) && [];
  } catch (error) {
    if (error instanceof BootstrapError) return error.problems;
    throw error;
  }
}

const dialects = { legacy: decorateLegacy, standard: decorateStandard };

for (const [baseDialect, decorateBase] of Object.entries(dialects)) {
  for (const [dialect, decorate] of Object.entries(dialects)) {
    describe(`A ${dialect} subclass of a ${baseDialect} base`, () => {
      class Base {
        tick() {}
        tock() {}
      }
      class Derived extends Base {
        override tock() {}
        more() {}
      }
      decorateBase(Base, "tick", Worker);
      decorateBase(Base, "tock", Repeat("5s"), Named("base"));
      decorate(Derived, "tock", Worker());
      decorate(Derived, "more", Repeat("1m"));

      it("has the workers of its base, and only its own record for those it decorates again", () => {
        expect(namesOf(Derived)).to.deep.equal(["Derived/tick", "Derived/tock", "Derived/more"]);
        expect(
          [...memberRecords(Derived)].map(([member, records]) => [member, records.map((record) => record.decorator)]),
        ).to.deep.equal([
          ["tick", ["Worker"]],
          ["tock", ["Worker"]],
          ["more", ["Repeat"]],
        ]);
      });

      it("does not change its base", () => {
        expect(namesOf(Base)).to.deep.equal(["Base/tick", "Base/base"]);
        expect(memberRecords(Base).get("tock")).to.have.length(2);
      });
    });

    describe(`An undecorated class between a ${baseDialect} base and a ${dialect} subclass`, () => {
      it("inherits and passes on the records", () => {
        class Base {
          tick() {}
        }
        class Between extends Base {}
        class Derived extends Between {
          tock() {}
        }
        decorateBase(Base, "tick", Worker);
        decorate(Derived, "tock", Worker);
        expect(namesOf(Between)).to.deep.equal(["Between/tick"]);
        expect(namesOf(Derived)).to.deep.equal(["Derived/tick", "Derived/tock"]);
      });
    });
  }
}

describe("The record of a class", () => {
  it("is stored where the dialect of this run stores it", () => {
    class Fetcher {
      @Worker
      tick() {}
    }
    const isLegacy = process.env.TSX_TSCONFIG_PATH?.endsWith("tsconfig.legacy.json") ?? false;
    expect(Reflect.hasOwnMetadata("watchbill:record", Fetcher.prototype)).to.equal(isLegacy);
    expect(Object.hasOwn(Fetcher, symbolMetadata)).to.equal(!isLegacy);
  });

  it("keeps the arguments of each decorator, in the order in which the compiler applied them", () => {
    class Fetcher {
      tick() {}
    }
    decorateLegacy(Fetcher, "tick", Repeat("5s", { startImmediately: true }), Named("commits"));
    expect(memberRecords(Fetcher).get("tick")).to.deep.equal([
      { decorator: "Named", args: ["commits"], error: undefined },
      { decorator: "Repeat", args: ["5s", { startImmediately: true }], error: undefined },
    ]);
  });

  it("keeps the decorators of the class apart from those of its members", () => {
    class Fetcher {}
    apply(Named("github"), Fetcher);
    expect(classRecords(Fetcher)).to.deep.equal([{ decorator: "Named", args: ["github"], error: undefined }]);
    expect(memberRecords(Fetcher).size).to.equal(0);
  });

  it("of a subclass does not include the decorators of the base class itself", () => {
    class Base {}
    class Derived extends Base {}
    apply(Named("github"), Base);
    expect(classRecords(Derived)).to.deep.equal([]);
  });

  it("is empty for a class without decorators, and for an object that is not a class", () => {
    expect(memberRecords(class {}).size).to.equal(0);
    expect(memberRecords({}).size).to.equal(0);
  });

  it("is empty for a class whose metadata is not an object", () => {
    class Fetcher {}
    Object.defineProperty(Fetcher, symbolMetadata, { value: "not an object" });
    expect(memberRecords(Fetcher).size).to.equal(0);
  });

  for (const [what, value] of [
    ["not a map", "not a map"],
    ["a map of something else", new Map([["tick", "Worker"]])],
    ["records without arguments", new Map([["tick", [{ decorator: "Worker" }]]])],
    ["records without a decorator", new Map([["tick", [{ decorator: 5, args: [] }]]])],
    ["records that are not objects", new Map([["tick", [null]]])],
  ] as const) {
    it(`of an unreadable other version is a problem: ${what}`, () => {
      class Fetcher {}
      Reflect.defineMetadata("watchbill:record", value, Fetcher.prototype);
      expect(problemsOf(Fetcher)).to.deep.equal([
        "Fetcher: Decorators of another version of watchbill are on the class, whose record cannot be read: install one version only",
      ]);
    });
  }

  it("can be of another realm", () => {
    class Fetcher {
      tick() {}
    }
    const records = runInNewContext("new Map([['tick', [{ decorator: 'Worker', args: [], error: undefined }]]])");
    Reflect.defineMetadata("watchbill:record", records, Fetcher.prototype);
    expect(namesOf(Fetcher)).to.deep.equal(["Fetcher/tick"]);
  });

  it("with decorators or arguments that this copy of the library does not know is a problem", () => {
    class Base {}
    recordDecorator("OfLater", [], [Base]);
    class Fetcher extends Base {
      tick() {}
      tock() {}
      fine() {}
    }
    decorateLegacy(Fetcher, "tick", Worker, (...target: unknown[]) => recordDecorator("OfLater", [], target));
    decorateLegacy(Fetcher, "tock", (...target: unknown[]) => recordDecorator("Worker", [undefined, { cpu: 5 }], target));
    decorateLegacy(Fetcher, "fine", (...target: unknown[]) => recordDecorator("Worker", [undefined, undefined], target));
    const unknown =
      "not known to this version of watchbill: another version of watchbill has recorded it, so install one version only";
    expect(problemsOf(Fetcher)).to.deep.equal([
      `@OfLater of Fetcher is ${unknown}`,
      `@OfLater of Fetcher.tick is ${unknown}`,
      `@Worker of Fetcher.tock has an argument that is ${unknown}`,
    ]);
  });
});
