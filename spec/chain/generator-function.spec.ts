import { expect } from "chai";
import { DeclarativeWorker, group, InvalidArgumentError, named, repeat, retryJob, runAllJobs, timeout } from "watchbill";

const cure =
  "is a generator function, of which nothing would run: use an async function; to go through a generator, iterate over it in the job";

async function* poll() {
  yield 1;
}

function* tick() {
  yield 1;
}

const poller = {
  *run() {
    yield 1;
  },
  async *runOnce() {
    yield 1;
  },
};

class Poller {
  *run() {
    yield 1;
  }

  *runOnce() {
    yield 1;
  }
}

describe("A generator function", () => {
  for (const [what, subject, declare] of [
    ["an asynchronous one as a worker", "poll", () => new DeclarativeWorker({ name: "x", worker: poll })],
    ["one as a job", "tick", () => new DeclarativeWorker({ name: "x", job: tick, repeat: "1s" })],
    [
      "one with retries",
      "tick",
      () => new DeclarativeWorker({ name: "x", job: tick, repeat: "1s", retryJob: { duration: () => 5 } }),
    ],
    ["one of repeat", "poll", () => repeat("1s", poll)],
    ["one of retryJob", "poll", () => retryJob(poll, { duration: () => 5 })],
    ["one of timeout", "tick", () => timeout(tick, "1s")],
    ["one of named", "poll", () => named(poll, "x")],
    ["one of a group", "poll", () => group(() => {}, poll)],
    ["one that is bound", "bound poll", () => named(poll.bind(undefined), "x")],
    ["one behind a proxy", "tick", () => named(new Proxy(tick, {}), "x")],
    [
      "one without a name",
      "A function without a name",
      () => {
        named((() => function* () {})(), "x");
      },
    ],
    ["the run of a worker", "A worker.run", () => named(poller as never, "x")],
    ["the run of an instance", "Poller.run", () => named(new Poller() as never, "x")],
    ["the runOnce of a job", "A job.runOnce", () => repeat("1s", poller as never)],
    ["the runOnce of an instance", "Poller.runOnce", () => repeat("1s", new Poller() as never)],
  ] as const) {
    it(`is rejected: ${what}`, () => {
      expect(declare).to.throw(InvalidArgumentError).with.property("message", `${subject} ${cure}`);
    });
  }

  it("is rejected by runAllJobs", async () => {
    const error: unknown = await runAllJobs([tick]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(InvalidArgumentError).with.property("message", `tick ${cure}`);
  });

  it("is not confused with other functions", () => {
    const iterating = async () => {
      for await (const page of poll()) expect(page).to.equal(1);
    };
    expect(() => repeat("1s", Object.assign(iterating, { next() {} }))).not.to.throw();
  });
});
