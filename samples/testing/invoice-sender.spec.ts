/*
 * How to test a class with workers, here in mocha with chai and sinon. Run it with
 *
 *     npx mocha --no-config --import=tsx samples/testing/invoice-sender.spec.ts
 */
import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { bootstrap } from "watchbill";
import { backoff, InvoiceSender } from "./invoice-sender.js";

describe("InvoiceSender", () => {
  // 1. What is declared. Nothing is started, and a worker's fields are plain values, so there is nothing to mock.

  it("has two workers", () => {
    const { workers } = bootstrap([new InvoiceSender({ takeNext: () => undefined })]);

    expect(workers.map(({ name, repeat, retry }) => ({ name, repeat, retry }))).to.deep.equal([
      { name: "InvoiceSender/sendNext", repeat: { interval: 60_000, startImmediately: false }, retry: backoff },
      { name: "InvoiceSender/keepConnection", repeat: undefined, retry: undefined },
    ]);
  });

  it("looks for invoices at the interval that was passed to it", () => {
    const { workers } = bootstrap([new InvoiceSender({ takeNext: () => undefined }, 5_000)]);

    expect(workers[0]).to.deep.include({ repeat: { interval: 5_000, startImmediately: false } });
  });

  // 2. One run. A method is still a method: call it.

  it("sends the next invoice", () => {
    const sender = new InvoiceSender({ takeNext: () => "no. 1" });
    sender.sendNext();

    expect(sender.sent).to.deep.equal(["no. 1"]);
  });

  // 3. Time. Fake timers drive everything: hours pass in no time at all.

  describe("on a fake clock", () => {
    let clock: SinonFakeTimers;

    beforeEach(() => {
      clock = useFakeTimers();
    });

    afterEach(() => {
      clock.restore();
    });

    it("sends one invoice a minute, and stops on request", async () => {
      const invoices = ["no. 1", "no. 2", "no. 3"];
      const sender = new InvoiceSender({ takeNext: () => invoices.shift() });
      const runner = bootstrap([sender], { signals: [] });
      const running = runner.run();

      await clock.tickAsync("02:30");
      expect(sender.sent).to.deep.equal(["no. 1", "no. 2"]);

      await runner.stop();
      await running;
      expect(runner.status().map(({ phase }) => phase)).to.deep.equal(["stopped", "stopped"]);
    });

    it("tries again ten seconds after a failure", async () => {
      let calls = 0;
      const sender = new InvoiceSender({
        takeNext: () => {
          if (++calls === 1) throw new Error("The database is away");
          return "no. 1";
        },
      });
      const silent = { debug() {}, info() {}, warn() {}, error() {} };
      const runner = bootstrap([sender], { signals: [], logger: silent });
      const running = runner.run();

      await clock.tickAsync("01:00");
      expect(runner.status()[0]).to.include({ health: "firing", phase: "backoff", lastError: "Error: The database is away" });

      // After the back-off, the worker waits for one interval again.
      await clock.tickAsync("01:10");
      expect(sender.sent).to.deep.equal(["no. 1"]);
      expect(runner.status()[0]).to.include({ health: "ok", phase: "waiting", attempt: 0 });

      await runner.stop();
      await running;
    });
  });
});
