import { inspect } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import sinon from "sinon";
import { BackoffError, DoNotRestart, RestartLimitError, ThrownValueError, WorkersFailedError } from "watchbill";
import { isDoNotRestart } from "../../lib/errors/do-not-restart.js";
import { errorKind, errorLine, errorText } from "../../lib/errors/error-text.js";
import { inspectSafely } from "../../lib/errors/inspect-safely.js";
import { describeError, errorFrames } from "../../lib/errors/read-error.js";
import { describeKind, showValue } from "../../lib/errors/show-value.js";
import { isStopAll } from "../../lib/errors/stop-all.js";
import { isAbortError, toError } from "../../lib/errors/thrown-value-error.js";
import { Context } from "../../lib/runtime/context.js";
import { isLogger } from "../../lib/runtime/logger.js";
import { stderrLogger } from "../../lib/runtime/stderr-logger.js";
import { WorkerLogger } from "../../lib/runtime/worker-logger.js";
import { hostileErrors, hostileValues, untouchable } from "./hostile-values.fixture.js";

/** The limit for the number of characters that a function returns. */
function expectBounded(text: string, longest: number): void {
  expect(text).to.be.a("string");
  expect(text.length).to.be.at.most(longest);
}

describe("Hostile values", function () {
  this.timeout(300_000);

  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

  it("are shown in limited text", () => {
    fc.assert(
      fc.property(hostileValues(), (make) => {
        const value = make();
        for (const show of [showValue, describeKind]) expectBounded(show(value), 1_000);
        expectBounded(inspectSafely(value), 2_100);
        expectBounded(errorText(value), 40_000);
        expectBounded(errorLine(value), 2_100);
        expect(isLogger(value)).to.equal(false);
      }),
    );
  });

  it("are shown in limited text if they are errors", () => {
    fc.assert(
      fc.property(hostileErrors(), (make) => {
        const error = make();
        expectBounded(describeError(error), 2_200);
        expectBounded(errorKind(error), 4_000);
        expectBounded(errorFrames(error).join("\n"), 21_000);
      }),
    );
  });

  it("can be thrown: they are wrapped in errors, which can be inspected", () => {
    fc.assert(
      fc.property(hostileValues(), (make) => {
        const value = make();
        const error = toError(value, "x");
        expect(error === value || (error instanceof ThrownValueError && Object.is(error.cause, value))).to.equal(true);
        const held = [
          new ThrownValueError("x", value),
          new RestartLimitError("x", "5 restarts", error),
          new BackoffError("x", "threw for attempt 1", error, { cause: value }),
          new WorkersFailedError(
            Array.from({ length: 20 }, () => ({ worker: "x", error })),
            "job",
          ),
        ];
        for (const holder of held) {
          expectBounded(holder.message, 25_000);
          expectBounded(inspect(holder), 40_000);
          expectBounded(inspect(new Error("outer", { cause: holder })), 60_000);
          expectBounded(holder.stack ?? "", 60_000);
        }
        for (const is of [isAbortError, isDoNotRestart, isStopAll]) expect(is(error)).to.be.a("boolean");
      }),
    );
  });

  it("can be logged as details, as a message, and as what the logger throws or returns", async () => {
    const write = sinon.stub(process.stderr, "write");
    try {
      fc.assert(
        fc.property(hostileValues(), hostileValues(), (makeOne, makeOther) => {
          const [one, other] = [makeOne(), makeOther()];
          const throwing = () => {
            throw one;
          };
          const loggers = [
            stderrLogger,
            silent,
            { ...silent, info: throwing, error: throwing },
            { ...silent, info: () => one, error: () => other },
            one,
          ];
          for (const target of loggers) {
            const logger = new WorkerLogger(target as never, "x");
            const info = (...args: unknown[]): void => {
              Reflect.apply(logger.info, undefined, args);
            };
            info(one, other);
            info({ err: one, page: other }, "failed");
            info({ worker: one, delay: other });
            info("failed %s %d", one, other);
            info();
          }
          // The stub records the output.
          for (const [text] of write.args) expectBounded(String(text), 65_000);
          write.resetHistory();
        }),
      );
    } finally {
      // The value that the logger returns is logged later.
      await new Promise(setImmediate);
      write.restore();
    }
  });

  it("are not valid contexts", () => {
    fc.assert(
      fc.property(hostileValues(), (make) => {
        const value = make();
        if (typeof value === "object" && value !== null) expect(Context.taskOf(value)).to.equal(undefined);
      }),
    );
  });

  it("can be the message of an error of the library", () => {
    const error = Object.defineProperty(new DoNotRestart("done"), "message", {
      get: () => {
        throw new Error("not to be read");
      },
    });
    expect(describeError(error)).to.equal("DoNotRestart: no message that can be read");
    expect(new WorkersFailedError([{ worker: "x", error }], "worker").message).to.equal(
      "1 worker failed:\n  no message that can be read",
    );
    expect(inspect(error)).to.match(/^DoNotRestart: no message that can be read/);
  });

  it("can be in the prototype of an error that is classified", () => {
    const error = new Error("no luck");
    Object.setPrototypeOf(error, untouchable());
    expect(isDoNotRestart(error)).to.equal(false);
    expect(isStopAll(error)).to.equal(false);
  });
});
