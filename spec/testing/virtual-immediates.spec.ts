import { expect } from "chai";
import { VirtualImmediates } from "../../lib/testing/virtual-immediates.js";

describe("An immediate on a virtual clock", () => {
  const real = globalThis.setImmediate;
  let immediates: VirtualImmediates;
  let called: string[];

  beforeEach(() => {
    immediates = new VirtualImmediates();
    immediates.install();
    called = [];
  });

  afterEach(() => {
    immediates.uninstall();
    expect(globalThis.setImmediate).to.equal(real);
  });

  it("is called with its arguments in the next round, in the order in which they were set", () => {
    setImmediate((name: string) => called.push(name), "a");
    setImmediate(() => {
      called.push("b");
      setImmediate(() => called.push("c"));
    });
    expect(called).to.deep.equal([]);
    expect(immediates.runPending()).to.equal(true);
    expect(called).to.deep.equal(["a", "b"]);
    expect(immediates.runPending()).to.equal(true);
    expect(called).to.deep.equal(["a", "b", "c"]);
    expect(immediates.runPending()).to.equal(false);
  });

  it("is not called once it is cleared, also by another of its round", () => {
    const cleared = setImmediate(() => called.push("cleared"));
    clearImmediate(cleared);
    setImmediate(() => clearImmediate(later));
    const later = setImmediate(() => called.push("later"));
    immediates.runPending();
    clearImmediate(undefined);
    expect(called).to.deep.equal([]);
    expect(immediates.isEmpty).to.equal(true);
  });

  it("lets the clock advance if one sets another without end", () => {
    const again = (): void => void setImmediate(again);
    again();
    let rounds = 0;
    while (immediates.runPending()) rounds++;
    expect(rounds).to.equal(1_000);
    expect(immediates.isEmpty).to.equal(false);
    expect(immediates.runPending()).to.equal(true);
  });
});
