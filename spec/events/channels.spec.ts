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

  // Replaces mocha's listeners, which would fail the spec.
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

  it("isolates the publisher and the other listeners from a listener that throws", async () => {
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

  it("does not throw if Node's channel has been replaced by one that throws", async () => {
    const failure = new Error("of an agent");
    const stop = observe("watchbill:stop", () => {});
    sinon.stub(ofNode, "publish").throws(failure);
    events.publish({ supervisor: "", reason: undefined });
    stop();
    await new Promise(setImmediate);
    expect(uncaught).to.deep.equal([failure]);
  });
});
