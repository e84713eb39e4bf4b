import { constants } from "node:os";
import { performance } from "node:perf_hooks";
import { expect } from "chai";
import sinon from "sinon";
import { DeclarativeWorker, Runner } from "watchbill";
import { onProcessSignals } from "../../lib/runner/process-signals.js";
import { untilStopped } from "./commands.fixture.js";

// Nothing else listens to this signal, and emitting it does not send it.
const signal = "SIGUSR2";
const receive = () => void process.emit(signal, signal);

describe("A signal that the process receives", () => {
  let now: sinon.SinonStub;
  let exit: sinon.SinonStub;

  beforeEach(() => {
    now = sinon.stub(performance, "now").returns(10_000);
    exit = sinon.stub(process, "exit");
  });

  afterEach(() => sinon.restore());

  it("cannot be chosen by an option that is not a list", () => {
    expect(() => new Runner([], { signals: "SIGTERM" as never })).to.throw(
      'The option signals: a string is not a list of signals: pass ["SIGTERM"], for example',
    );
  });

  it("is passed on once, and exits the process if it comes again after 500 ms", () => {
    const [first, second] = [sinon.spy(), sinon.spy()];
    const stopListening = onProcessSignals([signal], { first, second });
    receive();
    now.returns(10_499);
    receive();
    expect([first.args, second.callCount, exit.callCount]).to.deep.equal([[[signal]], 0, 0]);
    now.returns(10_500);
    receive();
    expect([first.callCount, second.args]).to.deep.equal([1, [[signal]]]);
    expect(exit.args).to.deep.equal([[128 + constants.signals[signal]]]);
    stopListening();
    expect(process.listenerCount(signal)).to.equal(0);
  });

  it("has one listener for all runners, which stays until 500 ms after the signal", async () => {
    const [one, other] = [sinon.spy(), sinon.spy()];
    const second = () => {};
    const stopOne = onProcessSignals([signal], { first: one, second });
    const stopOther = onProcessSignals([signal, "SIGHUP"], { first: other, second });
    expect(process.listenerCount(signal)).to.equal(1);
    receive();
    expect([one.callCount, other.callCount]).to.deep.equal([1, 1]);
    now.returns(10_499);
    stopOne();
    stopOther();
    expect(process.listenerCount(signal)).to.equal(1);
    await new Promise((resolve) => AbortSignal.timeout(20).addEventListener("abort", resolve));
    expect([process.listenerCount(signal), process.listenerCount("SIGHUP")]).to.deep.equal([0, 0]);
  });

  it("stops a runner with a reason that names it, and the log says what a further one does", async () => {
    const logger = { debug() {}, info: sinon.spy(), warn() {}, error: sinon.spy() };
    let reason: unknown;
    const worker = new DeclarativeWorker({
      name: "one",
      worker: async (context) => {
        await untilStopped(context);
        reason = context.signal.reason;
        now.returns(10_600);
        receive();
      },
    });
    const running = new Runner([worker], { logger, signals: [signal] }).run();
    receive();
    await running;
    expect(reason).to.be.instanceOf(DOMException).and.include({
      name: "AbortError",
      message: "The process was asked to stop by SIGUSR2",
    });
    expect(logger.info.args.map((entry) => entry.at(-1))).to.include("SIGUSR2: stopping; a further signal exits at once");
    expect(logger.error.args).to.deep.equal([[{}, "SIGUSR2 again: exiting at once; these workers had not stopped: one"]]);
    expect(process.listenerCount(signal)).to.equal(0);
  });
});
