// What every test framework runs: the helpers of watchbill/testing, on workers that the framework's compiler has compiled.
import assert from "node:assert/strict";
import { bootstrap, Repeat, RetryJob, StaticBackoff, stopped, Worker, type WorkerContext } from "watchbill";
import { describeWorkers, recordingLogger, runOnce, silentLogger, simulate, testContext } from "watchbill/testing";

export class Shop {
  polls = 0;

  @Repeat("5s")
  @RetryJob(new StaticBackoff({ sleep: 0 }))
  async poll({ attempt, logger }: WorkerContext): Promise<void> {
    if (this.polls === 0 && attempt === 0) throw new Error("HTTP 503");
    this.polls++;
    logger.info({ attempt }, "polled");
  }

  @Worker
  async listen({ signal }: WorkerContext): Promise<void> {
    await stopped(signal);
  }
}

export const cases: Readonly<Record<string, () => Promise<void>>> = {
  "runOnce has the retries of a job, and recordingLogger what is logged": async () => {
    const logger = recordingLogger();
    await runOnce(Shop, "poll", { context: { logger } });
    assert.equal(logger.lines.at(-1), "info Shop/poll: polled");
  },

  "runOnce is aborted by its signal": async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(runOnce(Shop, "poll", { signal }), { message: "enough" });
  },

  "testContext is a context to call a method with": async () => {
    const shop = new Shop();
    await shop.poll(testContext({ attempt: 1 }));
    assert.equal(shop.polls, 1);
  },

  "describeWorkers is sorted": async () => {
    const described = describeWorkers([Shop]);
    assert.deepEqual(
      described.map(({ name, kind }) => [name, kind]),
      [
        ["Shop/listen", "worker"],
        ["Shop/poll", "job"],
      ],
    );
  },

  "simulate runs an hour": async () => {
    const hour = await simulate([Shop], { for: "1h", start: "2026-03-29", seed: 7 });
    // The run at the end of the hour is not in it.
    assert.equal(hour.of("Shop/poll").runs.length, 719);
  },
};

/** Runs the workers for a minute of the framework's fake timers. Returns how often it was polled. */
export async function pollsInAMinute(letAMinutePass: () => Promise<unknown>): Promise<number> {
  const listeners = process.listenerCount("SIGTERM");
  const shop = new Shop();
  const runner = bootstrap([shop], { logger: silentLogger });
  const running = runner.run({ signal: new AbortController().signal });
  assert.equal(process.listenerCount("SIGTERM"), listeners);
  await letAMinutePass();
  await runner.stop();
  await running;
  return shop.polls;
}
