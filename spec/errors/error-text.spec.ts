import { expect } from "chai";
import { BackoffError, RestartLimitError, ShutdownTimeoutError, WorkersFailedError } from "watchbill";
import { countOf, errorKind, errorLine, errorText, replaceStack } from "../../lib/errors/error-text.js";

/** An error whose stack has these frames. */
function failing<Failure extends Error>(error: Failure, ...frames: string[]): Failure {
  const stack = [`${error.name}: ${error.message}`, ...frames.map((frame) => `    at ${frame}`)].join("\n");
  return Object.assign(error, { stack });
}

const [own, other] = ["run (app.js:1:1)", "run (other.js:1:1)"];

describe("The text of an error", () => {
  it("has its frames, without those of the library and of Node between them", () => {
    const library = new URL("../../lib/chain/retry.ts:5:1", import.meta.url);
    const frames = [own, `RetryTask.run (${library.href})`, "AsyncResource.runInAsyncScope (node:async_hooks:211:14)"];
    const traced = "Channel.runStores (node:diagnostics_channel:150:20)";
    expect(errorText(failing(new Error("no luck"), ...frames, traced, other))).to.equal(
      `Error: no luck\n    at ${own}\n    at ${other}`,
    );
    expect(errorText(failing(new Error("no luck"), "listOnTimeout (node:internal/timers:581:17)"))).to.equal("Error: no luck");
    expect(errorText(failing(new Error("no luck"), own, "listOnTimeout (node:internal/timers:581:17)"))).to.equal(
      `Error: no luck\n    at ${own}\n    at listOnTimeout (node:internal/timers:581:17)`,
    );
  });

  it("has the frames of errors that failed in one place once", () => {
    const error = new AggregateError([
      failing(new Error("a"), own),
      failing(new Error("b"), own),
      failing(new Error("c"), other),
    ]);
    expect(errorText(failing(error))).to.equal(
      `AggregateError\n  Error: a\n      at ${own}\n  Error: b\n  Error: c\n      at ${other}`,
    );
  });

  it("has its causes, each once, and ten at most", () => {
    const nested = (depth: number): Error => failing(new Error(`${depth}`, depth === 0 ? {} : { cause: nested(depth - 1) }));
    const lines = errorText(nested(12)).split("\n");
    expect(lines).to.have.length(12);
    expect(lines.slice(0, 2)).to.deep.equal(["Error: 12", "caused by: Error: 11"]);
    expect(lines.slice(-2)).to.deep.equal(["caused by: Error: 2", "(further causes left out)"]);
    expect(errorText(nested(10)).split("\n").at(-1)).to.equal("caused by: Error: 0");
    const thrown = failing(new Error("no luck", { cause: { password: "secret" } }));
    expect(errorText(thrown)).to.equal("Error: no luck\ncaused by: an object with the key password");
  });

  it("has the first ten of the errors that it holds, and the number of the others", () => {
    const held = Array.from({ length: 1_012 }, (_, index) => failing(new Error(`${index}.`)));
    const lines = errorText(failing(new AggregateError(held, "several"))).split("\n");
    expect(lines.slice(0, 2)).to.deep.equal(["AggregateError: several", "  Error: 0."]);
    expect(lines.slice(10)).to.deep.equal(["  Error: 9.", "  and 1,002 more"]);
    expect(errorText(failing(new AggregateError(held.slice(0, 10), "ten")))).not.to.include("more");
    const first = held.slice(0, 2);
    expect(errorText(failing(new AggregateError(first, "two", { cause: first[1] })))).to.equal(
      "AggregateError: two\n  Error: 0.\n  Error: 1.",
    );
    expect(errorText(failing(new AggregateError(first, "two", { cause: held[5] })))).to.match(/\ncaused by: Error: 5\.$/);
  });

  it("leaves out what is held too deep", () => {
    const nested = (depth: number): Error =>
      depth === 0 ? failing(new Error("root")) : failing(new AggregateError([nested(depth - 1)], `${depth}.`));
    expect(errorText(nested(10)).split("\n").at(-1)?.trim()).to.equal("Error: root");
    expect(errorText(nested(11)).split("\n").at(-1)?.trim()).to.equal("(1 error left out)");
  });

  it("indents each line of a message below the error that holds it", () => {
    expect(errorText(failing(new AggregateError([failing(new Error("a\nb"))], "several")))).to.equal(
      "AggregateError: several\n  Error: a\n  b",
    );
  });

  it("is cut at 32,000 characters", () => {
    const long = Array.from({ length: 10 }, (_, index) => failing(new Error(`${index} ${"long ".repeat(398)}`)));
    const several = failing(new AggregateError(Array.from({ length: 4 }, () => failing(new AggregateError(long, "inner")))));
    expect(errorText(several)).not.to.include("(cut)");
    const more = long.map((error) =>
      failing(new AggregateError([error, ...Array.from({ length: 3 }, () => failing(new Error(error.message)))])),
    );
    const text = errorText(failing(new AggregateError(more)));
    expect(text.length).to.be.within(31_900, 32_300);
    expect(text.split("\n").at(-1)?.trim()).to.equal("… (cut)");
  });

  it("leaves out the stacks that the caller knows", () => {
    const cause = failing(new Error("inner"), other);
    const error = failing(new Error("outer", { cause }), own);
    expect(errorText(error, (each) => each === error)).to.equal(`Error: outer\ncaused by: Error: inner\n    at ${other}`);
  });

  it("has what the errors of the library hold once, with what each is", () => {
    const failure = failing(new Error("HTTP 503"));
    const cause = failing(new RangeError("too long"));
    const backoff = failing(new BackoffError("a", "threw for attempt 1", failure, { cause }));
    expect(errorText(backoff)).to.equal(
      "BackoffError: The backoff of a threw for attempt 1; it must return a finite number of ms, 0 or more\n  the worker's own error: Error: HTTP 503\ncaused by: RangeError: too long",
    );
    expect(errorText(failing(new BackoffError("", "returned -1", undefined)))).to.equal(
      "BackoffError: The backoff of a worker returned -1; it must return a finite number of ms, 0 or more",
    );
    expect(errorText(failing(new RestartLimitError("a", "5 restarts within 1m", failure)))).to.equal(
      "RestartLimitError: a gave up after 5 restarts within 1m\ncaused by: Error: HTTP 503",
    );
    const failures = Array.from({ length: 12 }, () => ({ worker: "a", error: failure }));
    const lines = errorText(new WorkersFailedError(failures, "job"))
      .split("\n")
      .filter((line) => !line.startsWith("    at "));
    expect(lines.slice(0, 3)).to.deep.equal([
      "WorkersFailedError: 12 jobs failed",
      "  a: Error: HTTP 503",
      "  a: Error: HTTP 503 (see above)",
    ]);
    expect(lines.at(-1)).to.equal("  and 2 more");
  });

  it("has a line for each of the first twenty workers that hang", () => {
    const hung = Array.from({ length: 22 }, (_, index) => ({ worker: `w${index}`, phase: "running", hungFor: 5_049 }));
    const names = hung.map(({ worker }) => worker);
    const lines = errorText(failing(new ShutdownTimeoutError(names, "5s", hung))).split("\n");
    expect(lines[1]).to.equal("  w0: running, 5s after it was asked to stop");
    expect(lines.slice(20)).to.deep.equal(["  w19: running, 5s after it was asked to stop", "  and 2 more"]);
    const twenty = failing(new ShutdownTimeoutError(names.slice(0, 20), "5s", hung.slice(0, 20)));
    expect(errorText(twenty).split("\n")).to.have.length(21);
  });
});

describe("An error in one line", () => {
  it("has its cause, or the first of the errors that it holds, to a depth of three", () => {
    const nested = (depth: number): Error => new Error(`${depth}.`, depth === 0 ? {} : { cause: nested(depth - 1) });
    expect(errorLine(nested(5))).to.equal("Error: 5. (Error: 4. (Error: 3. (Error: 2.)))");
    const [first, second] = [new Error("a"), new Error("b")];
    expect(errorLine(new AggregateError([first], "one"))).to.equal("AggregateError: one (Error: a)");
    expect(errorLine(new AggregateError([first, second], ""))).to.equal("AggregateError (Error: a and 1 more)");
    expect(errorLine("no error")).to.equal("'no error'");
    const cyclic = new Error("cyclic");
    cyclic.cause = cyclic;
    expect(errorLine(cyclic)).to.equal("Error: cyclic");
    expect(errorLine(new RestartLimitError("a", "5 restarts", first))).to.equal(
      "RestartLimitError: a gave up after 5 restarts; its last error: Error: a",
    );
  });
});

describe("The kind of an error", () => {
  const kindOf = (message: string, frame = own): string => errorKind(failing(new Error(message), frame));

  it("is the same for messages that differ in numbers and identifiers", () => {
    expect(kindOf("job 5 of 3fa85f64-5717 failed")).to.equal(kindOf("job 17 of 9ab00000-1 failed"));
    expect(kindOf("job 5 failed")).not.to.equal(kindOf("job failed"));
    expect(kindOf("job five failed")).not.to.equal(kindOf("job six failed"));
  });

  it("is another for another place, and does not need a place", () => {
    expect(kindOf("failed")).not.to.equal(kindOf("failed", other));
    expect(errorKind(failing(new Error("failed")))).to.equal("Error: failed\n\n");
  });
});

describe("A stack that is replaced by the whole text", () => {
  it("can be changed afterwards, and keeps the frames of the error for other texts", () => {
    const error = failing(new Error("no luck", { cause: failing(new Error("root")) }), own);
    replaceStack(error);
    expect(error.stack).to.equal(`Error: no luck\n    at ${own}\ncaused by: Error: root`);
    expect(errorText(error)).to.equal(error.stack);
    error.stack = "changed";
    expect(error.stack).to.equal("changed");
    expect(Object.getOwnPropertyDescriptor(error, "stack")).to.include({ configurable: true });
  });
});

describe("A number of things", () => {
  it("has separators, and the plural unless it is one", () => {
    expect([countOf(0, "job"), countOf(1, "job"), countOf(10_000, "job")]).to.deep.equal(["0 jobs", "1 job", "10,000 jobs"]);
  });
});
