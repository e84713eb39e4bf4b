import { expect } from "chai";
import { symbolMetadata } from "../../lib/metadata/symbol-metadata.js";

describe("Symbol.metadata", () => {
  it("exists once the library is loaded, as the symbol that esbuild falls back to", () => {
    expect(Reflect.get(Symbol, "metadata")).to.equal(symbolMetadata);
    expect(symbolMetadata).to.equal(Symbol.for("Symbol.metadata"));
  });

  it("cannot be replaced afterwards, which would hide what was recorded", () => {
    expect(Reflect.set(Symbol, "metadata", Symbol("another"))).to.equal(false);
  });

  it("is left as it is by a copy of the library that is loaded later", async () => {
    const again: string = "../../lib/metadata/symbol-metadata.js?again";
    const copy: typeof import("../../lib/metadata/symbol-metadata.js") = await import(again);
    expect(copy.symbolMetadata).to.equal(symbolMetadata);
  });
});
