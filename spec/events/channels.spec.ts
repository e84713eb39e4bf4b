import { channel } from "node:diagnostics_channel";
import { expect } from "chai";
import sinon from "sinon";
import { observe } from "watchbill";
import { EventChannel } from "../../lib/events/channels.js";
import { untouchable } from "../errors/hostile-values.fixture.js";

describe("EventChannel", () => {
  const events = new EventChannel("watchbill:stop");
  const ofNode = channel("watchbill:stop");
  let uncaught: unknown[];
  let usual: NodeJS.UncaughtExceptionListener[];
  const onUncaught = (thrown: unknown): void => void uncaught.push(thrown);

  // Replaces the listeners of mocha, which would fail the spec.
  beforeEach(() => {
    uncaught = [];
    usual = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", onUncaught);
  });

  afterEach(() => {
    process.removeAllListeners("uncaughtException");
    for (const listener of usual) process.on("uncaughtException", listener);
    sinon.restore();
  });

  it("disturbs neither the publisher nor the other listeners if a listener throws", async () => {
    const failure = new Error("not my day");
    const hostile = untouchable();
    const seen: unknown[] = [];
    const stops = [failure, hostile].map((thrown) =>
      observe("watchbill:stop", () => {
        throw thrown;
      }),
    );
    stops.push(observe("watchbill:stop", (event) => seen.push(event)));
    const event = { supervisor: "", reason: hostile };
    events.publish(event);
    for (const stop of stops) stop();
    await new Promise(setImmediate);
    expect(seen[0] === event).to.equal(true);
    expect(uncaught.map((thrown) => thrown === failure || thrown === hostile)).to.deep.equal([true, true]);
  });

  it("does not throw if a channel that throws has replaced the one of Node", async () => {
    const failure = new Error("of an agent");
    const stop = observe("watchbill:stop", () => {});
    sinon.stub(ofNode, "publish").throws(failure);
    events.publish({ supervisor: "", reason: undefined });
    stop();
    await new Promise(setImmediate);
    expect(uncaught).to.deep.equal([failure]);
  });
});
