import { expect } from "chai";
import fc from "fast-check";
import sinon from "sinon";
import { ThrownValueError, WorkersFailedError } from "watchbill";
import { toError } from "../../lib/errors/thrown-value-error.js";
import { stderrLogger } from "../../lib/runtime/stderr-logger.js";

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

  /** The output during a call. */
  function written(log: () => void): string {
    write.resetHistory();
    log();
    return write.args.map(([text]) => String(text)).join("");
  }

  it("writes a line with the time, the level, the worker, the message and the other details", () => {
    const details = { worker: "github/commits", attempt: 1, delay: 1_500 };
    expect(written(() => stderrLogger.error(details, "failed, and is tried again"))).to.equal(
      "2026-11-24T07:42:15.717Z ERROR github/commits: failed, and is tried again (attempt 1, delay 1.5s)\n",
    );
  });

  it("writes a message without details", () => {
    expect(written(() => stderrLogger.info("hello"))).to.equal("2026-11-24T07:42:15.717Z INFO hello\n");
  });

  it("writes details without a message", () => {
    expect(written(() => stderrLogger.warn({ worker: "x", delay: "soon", page: { next: 2 } }))).to.equal(
      "2026-11-24T07:42:15.717Z WARN x: (delay soon, page { next: 2 })\n",
    );
  });

  it("shows a worker that is not a string as any other value", () => {
    expect(written(() => stderrLogger.warn({ worker: { pid: 7 } }, "lost"))).to.equal(
      "2026-11-24T07:42:15.717Z WARN { pid: 7 }: lost\n",
    );
  });

  it("omits entries of level debug", () => {
    expect(written(() => stderrLogger.debug("hello"))).to.equal("");
  });

  it("does not repeat details that the message contains", () => {
    const details = { worker: "github/commits", attempt: 3, delay: 4_012, page: 3 };
    expect(written(() => stderrLogger.warn(details, "failed (attempt 3), retrying in 4s"))).to.equal(
      "2026-11-24T07:42:15.717Z WARN github/commits: failed (attempt 3), retrying in 4s (page 3)\n",
    );
    expect(written(() => stderrLogger.warn({ attempt: 3, delay: 4_000 }, "attempt 31, in 14s"))).to.equal(
      "2026-11-24T07:42:15.717Z WARN attempt 31, in 14s (attempt 3, delay 4s)\n",
    );
    expect(written(() => stderrLogger.info({ workers: 1, failures: 12 }, "started 1 worker after 12 failures"))).to.equal(
      "2026-11-24T07:42:15.717Z INFO started 1 worker after 12 failures\n",
    );
    expect(written(() => stderrLogger.info({ sessions: 1 }, "closed 1 session"))).to.equal(
      "2026-11-24T07:42:15.717Z INFO closed 1 session\n",
    );
  });

  it("has a command, its author and its reason once, and nothing of what is undefined", () => {
    const line = (details: object, message: string): string =>
      written(() => stderrLogger.info({ worker: "x", ...details }, message)).slice("2026-11-24T07:42:15.717Z INFO x: ".length);
    const commands = {
      trigger: "triggered",
      pause: "paused",
      resume: "resumed",
      restart: "restarted",
      add: "added",
      remove: "removed",
    };
    for (const [command, verb] of Object.entries(commands)) {
      expect(line({ command, by: "alice", reason: undefined }, `${verb} by alice`)).to.equal(`${verb} by alice\n`);
      expect(line({ command, by: "alice", reason: "the db is away" }, `${verb} by alice: the db is away`)).to.equal(
        `${verb} by alice: the db is away\n`,
      );
    }
    expect(line({ reason: "full" }, "skipped")).to.equal("skipped (reason full)\n");
  });

  it("formats times for people", () => {
    expect(written(() => stderrLogger.info({ duration: 123_456.789, ms: 1_499.6, delay: 0.4 }, "done"))).to.equal(
      "2026-11-24T07:42:15.717Z INFO done (duration 2m 3s, 1.5s, delay 0ms)\n",
    );
  });

  describe("writes an error", () => {
    class HttpError extends Error {
      readonly status = 503;
      readonly config = { headers: { authorization: "Bearer secret" } };
    }
    const linesOf = (err: unknown): string[] => written(() => stderrLogger.error({ worker: "x", err }, "failed")).split("\n");
    /** Without the stack frames, which also include those of mocha. */
    const withoutFrames = (lines: readonly string[]): string[] => lines.filter((line) => !/^\s+at /.test(line));

    it("below the line, indented, with its stack and its causes, each with its own", () => {
      const root = new TypeError("connection reset");
      const lines = linesOf(new Error("HTTP 503", { cause: new Error("no answer", { cause: root }) }));
      expect(withoutFrames(lines)).to.deep.equal([
        "2026-11-24T07:42:15.717Z ERROR x: failed",
        "    Error: HTTP 503",
        "    caused by: Error: no answer",
        "    caused by: TypeError: connection reset",
        "",
      ]);
      expect(lines.filter((line) => line.startsWith("        at ") && line.includes("stderr-logger.spec.ts"))).to.have.length(3);
    });

    it("without stack frames of the library", () => {
      const error = toError("no luck", "x");
      expect(error.stack).to.include("lib/errors/thrown-value-error.ts");
      const lines = linesOf(error);
      expect(lines.filter((line) => line.includes("stderr-logger.spec.ts"))).not.to.deep.equal([]);
      expect(lines.filter((line) => line.includes("/lib/errors/"))).to.deep.equal([]);
    });

    it("with the properties that identify its kind, but without others, at any depth", () => {
      const all = linesOf(Object.assign(new HttpError("unavailable"), { code: "E_HTTP", errno: -5 })).join("\n");
      expect(all).to.include("Error: unavailable (code E_HTTP, errno -5, status 503)").and.not.to.include("secret");
      for (const details of [
        { error: new HttpError("no") },
        { results: [{ reason: new HttpError("no") }] },
        { map: new Map([[1, new HttpError("no")]]) },
      ]) {
        expect(written(() => stderrLogger.error(details, "failed"))).not.to.include("secret");
      }
    });

    it("that is a thrown value of another type, with its kind and keys only", () => {
      expect(withoutFrames(linesOf(new ThrownValueError("x", { authorization: "secret" })))).to.deep.equal([
        "2026-11-24T07:42:15.717Z ERROR x: failed",
        "    ThrownValueError: x threw an object with the key authorization; throw an Error, so that there is a stack",
        "",
      ]);
      expect(linesOf(new Error("outer", { cause: { authorization: "secret" } })).join("\n"))
        .to.include("caused by: an object with the key authorization")
        .and.not.to.include("secret");
    });

    it("that contains others, with each of them once", () => {
      const [one, two] = [new Error("one"), new RangeError("two", { cause: new Error("root") })];
      expect(withoutFrames(linesOf(new AggregateError([one, two, one], "several", { cause: two })))).to.deep.equal([
        "2026-11-24T07:42:15.717Z ERROR x: failed",
        "    AggregateError: several",
        "      Error: one",
        "      RangeError: two",
        "      caused by: Error: root",
        "      Error: one (see above)",
        "",
      ]);
    });

    it("of several workers, with each of them once, and the name of its worker", () => {
      const failures = [
        { worker: "a", error: new Error("one") },
        { worker: "b", error: new ThrownValueError("b", 5) },
      ];
      expect(withoutFrames(linesOf(new WorkersFailedError(failures, "worker")))).to.deep.equal([
        "2026-11-24T07:42:15.717Z ERROR x: failed",
        "    WorkersFailedError: 2 workers failed",
        "      a: Error: one",
        "      ThrownValueError: b threw 5; throw an Error, so that there is a stack",
        "",
      ]);
    });

    it("that is its own cause", () => {
      const error = new Error("cyclic");
      error.cause = new Error("inner", { cause: error });
      expect(withoutFrames(linesOf(error)).slice(1, -1)).to.deep.equal([
        "    Error: cyclic",
        "    caused by: Error: inner",
        "    caused by: Error: cyclic (see above)",
      ]);
    });

    it("in at most 64 kB", () => {
      let chain = new Error("root");
      for (let i = 0; i < 100; i++) chain = new Error(`${i} ${"long ".repeat(1_000)}`, { cause: chain });
      const all = written(() =>
        stderrLogger.error({ worker: "w".repeat(100_000), err: chain, page: "p".repeat(100_000) }, "m".repeat(1e6)),
      );
      expect(all.length).to.be.above(20_000).and.at.most(65_000);
      expect(all.split("\n")[0]).to.match(/… \(\d+ characters\)$/);
    });
  });

  describe("writes a repeated failure in one line", () => {
    const lineOf = (err: unknown): string => written(() => stderrLogger.warn({ worker: "x", err }, "failed"));
    const failureOf = (id: number): Error => new Error(`HTTP 503 of request ${id} (3fa85f64-5717-4562-b3fc-${id})`);
    const isOneLine = (text: string): boolean => text.indexOf("\n") === text.length - 1;

    it("if it is the same error", () => {
      const error = new Error("no luck");
      expect(isOneLine(lineOf(error))).to.equal(false);
      error.message = "another message";
      expect(lineOf(error)).to.equal("2026-11-24T07:42:15.717Z WARN x: failed: Error: another message\n");
    });

    it("if it differs only in numbers and identifiers, for any worker", () => {
      expect(isOneLine(lineOf(failureOf(1)))).to.equal(false);
      expect(written(() => stderrLogger.error({ worker: "y", err: failureOf(2) }, "gave up"))).to.equal(
        "2026-11-24T07:42:15.717Z ERROR y: gave up: Error: HTTP 503 of request 2 (3fa85f64-5717-4562-b3fc-2)\n",
      );
    });

    it("with its causes, which often contain the actual problem", () => {
      const refused = (port: number): Error => {
        const cause = new AggregateError([new Error(`connect ECONNREFUSED ::1:${port}`), new Error("another")], "");
        return new TypeError("fetch failed", { cause: Object.assign(cause, { code: "ECONNREFUSED" }) });
      };
      expect(isOneLine(lineOf(refused(1)))).to.equal(false);
      expect(lineOf(refused(2))).to.equal(
        "2026-11-24T07:42:15.717Z WARN x: failed: TypeError: fetch failed (AggregateError (code ECONNREFUSED) (Error: connect ECONNREFUSED ::1:2 and 1 more))\n",
      );
    });

    it("but not if its name, message, code, cause or location differs", () => {
      const base = (): Error => new Error("no luck");
      const others = [
        base(),
        new Error("no luck"),
        Object.assign(base(), { name: "HttpError" }),
        Object.assign(base(), { message: "no answer" }),
        Object.assign(base(), { code: "E_BUSY" }),
        Object.assign(base(), { cause: new Error("reset") }),
      ];
      expect(others.map((error) => isOneLine(lineOf(error)))).to.deep.equal(others.map(() => false));
      expect(isOneLine(lineOf(base()))).to.equal(true);
    });

    it("for an hour", () => {
      expect(isOneLine(lineOf(failureOf(1)))).to.equal(false);
      clock.tick("59:59");
      expect(isOneLine(lineOf(failureOf(2)))).to.equal(true);
      clock.tick("00:02");
      expect(isOneLine(lineOf(failureOf(3)))).to.equal(false);
    });

    it("also if it was printed among the causes or the errors of another", () => {
      const error = new Error("no luck");
      lineOf(new AggregateError([error], "several"));
      expect(isOneLine(lineOf(error))).to.equal(true);
    });

    // In letters: failures that differ only in digits are of one kind.
    const kind = (index: number): Error =>
      new Error(String(index).replaceAll(/\d/g, (digit) => "abcdefghij".charAt(Number(digit))));

    it("and remembers a thousand kinds", () => {
      for (let index = 0; index <= 1_000; index++) lineOf(kind(index));
      expect(isOneLine(lineOf(kind(1_000)))).to.equal(true);
      expect(isOneLine(lineOf(kind(1)))).to.equal(true);
      expect(isOneLine(lineOf(kind(0)))).to.equal(false);
    });

    it("and forgets first the kind whose stack was printed longest ago", () => {
      for (let index = 0; index < 1_000; index++) lineOf(kind(index));
      clock.tick("01:00:01");
      expect(isOneLine(lineOf(kind(0)))).to.equal(false);
      lineOf(kind(1_000));
      expect(isOneLine(lineOf(kind(0)))).to.equal(true);
    });

    it("and starts over on another clock", () => {
      expect(isOneLine(lineOf(failureOf(1)))).to.equal(false);
      clock.restore();
      clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
      expect(isOneLine(lineOf(failureOf(2)))).to.equal(false);
    });
  });

  for (const [err, shown] of [
    ["a string", "'a string'"],
    [undefined, "undefined"],
    [null, "null"],
    [{ status: 503 }, "{ status: 503 }"],
  ] as const) {
    it(`shows an err of ${shown} in the line`, () => {
      expect(written(() => stderrLogger.error({ err }, "failed"))).to.equal(`2026-11-24T07:42:15.717Z ERROR failed: ${shown}\n`);
    });
  }

  it("escapes a line break in a message, so that a message cannot forge an entry", () => {
    expect(written(() => stderrLogger.info("a\n2026-11-24T07:42:15.717Z INFO b"))).to.equal(
      "2026-11-24T07:42:15.717Z INFO a\\n2026-11-24T07:42:15.717Z INFO b\n",
    );
  });

  it("does not throw if writing to stderr throws", () => {
    write.throws(new Error("EPIPE"));
    expect(() => stderrLogger.info("hello")).not.to.throw();
  });

  for (const [control, escaped] of [
    ["\u001b[2J", "\\x1b[2J"],
    ["\r", "\\x0d"],
    ["\u0000", "\\x00"],
    ["\u0007", "\\x07"],
    ["\u007f", "\\x7f"],
    ["\u009b", "\\x9b"],
    ["\u202e", "\\u202e"],
    ["\u2028", "\\u2028"],
  ] as const) {
    it(`escapes ${escaped} in a message`, () => {
      expect(written(() => stderrLogger.info(`a${control}b`))).to.equal(`2026-11-24T07:42:15.717Z INFO a${escaped}b\n`);
    });
  }

  it("leaves other characters unchanged", () => {
    expect(written(() => stderrLogger.info("Grüße, 世界 👋\t!"))).to.equal("2026-11-24T07:42:15.717Z INFO Grüße, 世界 👋\t!\n");
  });

  it("escapes control characters everywhere", () => {
    const text = fc.string({ unit: fc.constantFrom("a", " ", "\u001b", "\r", "\b", "\u0000", "\u007f", "\u0085", "\u009b") });
    fc.assert(
      fc.property(text, text, text, text, text, (message, worker, key, value, thrown) => {
        const err = new Error(thrown, { cause: new Error(thrown) });
        const all = written(() => stderrLogger.error({ worker, [`_${key}`]: value, err }, message));
        expect(all.replaceAll("\n", "")).not.to.match(/\p{Cc}/u);
      }),
    );
  });

  it("shortens long fields and long names of fields, each alone", () => {
    const line = written(() => stderrLogger.info({ page: "p".repeat(20_000), ["k".repeat(20_000)]: 1, last: 5 }, "fetched"));
    expect(line.length).to.be.below(16_000);
    expect(line).to.match(/, k{100}… \(20000 characters\) 1, last 5\)\n$/);
  });

  it("shortens a long message, and not the error after it", () => {
    const line = written(() => stderrLogger.error({ err: "no luck" }, "m".repeat(100_000)));
    expect(line.length).to.be.below(17_000);
    expect(line).to.match(/m… \(100000 characters\): 'no luck'\n$/);
  });

  it("listens to the errors of stderr once", () => {
    const { stderr } = process;
    stderrLogger.info("first");
    const before = stderr.listenerCount("error");
    for (let entry = 0; entry < 20; entry++) stderrLogger.info("hello");
    expect(stderr.listenerCount("error")).to.equal(before);
  });
});
