import { getEventListeners } from "node:events";
import { expect } from "chai";
import { type Abortable, isAbortSignal, onAbort } from "../../lib/runtime/on-abort.js";

describe("onAbort", () => {
  let stop: AbortController;
  let notified: [string, unknown][];

  beforeEach(() => {
    stop = new AbortController();
    notified = [];
  });

  const target = (name: string, then: () => void = () => {}): Abortable => ({
    abort: (reason) => {
      notified.push([name, reason]);
      then();
    },
  });

  const listeners = (): number => getEventListeners(stop.signal, "abort").length;

  it("notifies every target of the signal's reason once, in the order of registration", () => {
    for (const name of ["a", "b", "c"]) onAbort(stop.signal, target(name));
    expect(notified).to.deep.equal([]);
    stop.abort("enough");
    stop.abort("more than enough");
    expect(notified).to.deep.equal([
      ["a", "enough"],
      ["b", "enough"],
      ["c", "enough"],
    ]);
  });

  it("notifies a target immediately if the signal has aborted already", () => {
    stop.abort("enough");
    const unregister = onAbort(stop.signal, target("a"));
    expect(notified).to.deep.equal([["a", "enough"]]);
    unregister();
    expect(listeners()).to.equal(0);
  });

  it("does not notify an unregistered target, but still notifies the others", () => {
    const unregister = onAbort(stop.signal, target("unregistered"));
    onAbort(stop.signal, target("a"));
    unregister();
    stop.abort("enough");
    expect(notified).to.deep.equal([["a", "enough"]]);
  });

  it("does not notify a target that another one unregisters when it is notified", () => {
    onAbort(
      stop.signal,
      target("a", () => unregister()),
    );
    const unregister = onAbort(stop.signal, target("unregistered"));
    stop.abort("enough");
    expect(notified).to.deep.equal([["a", "enough"]]);
  });

  it("immediately notifies a target that is registered while others are notified", () => {
    onAbort(
      stop.signal,
      target("a", () => onAbort(stop.signal, target("late"))),
    );
    onAbort(stop.signal, target("b"));
    stop.abort("enough");
    expect(notified.map(([name]) => name)).to.have.members(["a", "b", "late"]);
  });

  it("uses one listener for all targets of a signal, and none without a target", () => {
    const unregistrations = Array.from({ length: 100 }, () => onAbort(stop.signal, target("a")));
    expect(listeners()).to.equal(1);
    for (const unregister of unregistrations) unregister();
    expect(listeners()).to.equal(0);
  });

  it("leaves no listener after the abort", () => {
    onAbort(stop.signal, target("a"));
    stop.abort();
    expect(listeners()).to.equal(0);
  });

  it("listens again for a target that is registered after the last one was unregistered", () => {
    onAbort(stop.signal, target("unregistered"))();
    onAbort(stop.signal, target("a"));
    stop.abort("enough");
    expect(notified).to.deep.equal([["a", "enough"]]);
  });

  it("keeps one listener when a target is unregistered twice", () => {
    const unregister = onAbort(stop.signal, target("unregistered"));
    unregister();
    onAbort(stop.signal, target("a"));
    unregister();
    onAbort(stop.signal, target("b"));
    expect(listeners()).to.equal(1);
  });
});

describe("An abort signal", () => {
  const addEventListener = () => {};

  it("is one of any class that has the state and the listeners of one", () => {
    for (const signal of [AbortSignal.abort(), { aborted: false, addEventListener }])
      expect(isAbortSignal(signal)).to.equal(true);
    for (const other of [{ addEventListener }, { aborted: "no", addEventListener }, { aborted: false }, new EventTarget(), null])
      expect(isAbortSignal(other)).to.equal(false);
  });
});
