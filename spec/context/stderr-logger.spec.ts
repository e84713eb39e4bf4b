import { expect } from "chai";
import fc from "fast-check";
import sinon from "sinon";
import { stderrLogger } from "../../lib/context/stderr-logger.js";

describe("The logger to stderr", () => {
  let clock: sinon.SinonFakeTimers;
  let write: sinon.SinonStub;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: Date.UTC(2026, 10, 24, 7, 42, 15, 717), toNotFake: ["nextTick", "queueMicrotask"] });
    write = sinon.stub(process.stderr, "write");
  });

  afterEach(() => {
    write.restore();
    clock.restore();
  });

  /** What is written meanwhile. */
  function written(log: () => void): string {
    write.resetHistory();
    log();
    return write.args.map(([text]) => String(text)).join("");
  }

  it("writes a line with the time, the level, the worker, the message and whatever else there is", () => {
    const details = { worker: "github/commits", attempt: 1, delay: 1_500 };
    expect(written(() => stderrLogger.error(details, "failed, and is tried again"))).to.equal(
      "2026-11-24T07:42:15.717Z ERROR github/commits: failed, and is tried again (attempt 1, delay 1.5s)\n",
    );
  });

  it("writes a message alone", () => {
    expect(written(() => stderrLogger.info("hello"))).to.equal("2026-11-24T07:42:15.717Z INFO hello\n");
  });

  it("writes details alone", () => {
    expect(written(() => stderrLogger.warn({ worker: "x", delay: "soon", page: { next: 2 } }))).to.equal(
      "2026-11-24T07:42:15.717Z WARN x:  (delay soon, page { next: 2 })\n",
    );
  });

  it("keeps debug to itself", () => {
    expect(written(() => stderrLogger.debug("hello"))).to.equal("");
  });

  it("writes an error under it with its stack and the chain of its causes, indented", () => {
    const root = new TypeError("connection reset");
    const error = new Error("HTTP 503", { cause: new Error("no answer", { cause: root }) });
    const lines = written(() => stderrLogger.error({ worker: "x", err: error }, "failed")).split("\n");
    expect(lines.slice(0, 2)).to.deep.equal(["2026-11-24T07:42:15.717Z ERROR x: failed", "    Error: HTTP 503"]);
    expect(lines.at(-1)).to.equal("");
    expect(lines.slice(1, -1).filter((line) => !line.startsWith("    "))).to.deep.equal([]);
    expect(lines.filter((line) => line.includes("stderr-logger.spec.ts"))).not.to.deep.equal([]);
    expect(lines.filter((line) => line.includes("[cause]")).map((line) => line.trim())).to.deep.equal([
      "[cause]: Error: no answer",
      "[cause]: TypeError: connection reset",
    ]);
  });

  for (const [err, shown] of [
    ["a string", "'a string'"],
    [undefined, "undefined"],
    [null, "null"],
  ] as const) {
    it(`shows an err of ${shown}`, () => {
      expect(written(() => stderrLogger.error({ err }, "failed"))).to.equal(
        `2026-11-24T07:42:15.717Z ERROR failed\n    ${shown}\n`,
      );
    });
  }

  for (const [control, escaped] of [
    ["\u001b[2J", "\\x1b[2J"],
    ["\r", "\\x0d"],
    ["\u0000", "\\x00"],
    ["\u0007", "\\x07"],
    ["\u007f", "\\x7f"],
    ["\u009b", "\\x9b"],
  ] as const) {
    it(`escapes ${escaped} in a message`, () => {
      expect(written(() => stderrLogger.info(`a${control}b`))).to.equal(`2026-11-24T07:42:15.717Z INFO a${escaped}b\n`);
    });
  }

  it("leaves other characters as they are", () => {
    expect(written(() => stderrLogger.info("Grüße, 世界 👋\t!"))).to.equal("2026-11-24T07:42:15.717Z INFO Grüße, 世界 👋\t!\n");
  });

  it("lets no control character through, wherever it is", () => {
    const text = fc.string({ unit: fc.constantFrom("a", " ", "\u001b", "\r", "\b", "\u0000", "\u007f", "\u0085", "\u009b") });
    fc.assert(
      fc.property(text, text, text, text, text, (message, worker, key, value, thrown) => {
        const err = new Error(thrown, { cause: new Error(thrown) });
        const all = written(() => stderrLogger.error({ worker, [`_${key}`]: value, err }, message));
        expect(all.replaceAll("\n", "")).not.to.match(/\p{Cc}/u);
      }),
    );
  });
});
