import type { Job } from "bullmq";
import { expect } from "chai";
import { DatabaseClock } from "../../lib/bullmq/database-clock.js";
import { RunRequests } from "../../lib/bullmq/job-progress.js";
import { SharedCommands } from "../../lib/bullmq/shared-commands.js";
import type { Participant } from "../../lib/distributed/engine.js";
import { watch } from "../runner/commands.fixture.js";

describe("A pause of all replicas", () => {
  const pause = { since: 1, by: null, reason: null };
  let meta: Record<string, string>;
  let progress: unknown;
  let isRunning: boolean;
  let commands: SharedCommands;
  let requests: RunRequests;

  beforeEach(() => {
    meta = {};
    progress = 0;
    isRunning = false;
    requests = new RunRequests();
    commands = new SharedCommands(requests);
  });

  const job = (): Job => {
    const stored: Partial<Job> = {
      async updateProgress(value) {
        progress = value;
      },
    };
    return Object.assign(Object.create(null), stored, { progress });
  };

  const queue: Parameters<SharedCommands["settle"]>[0] = {
    clock: new DatabaseClock(),
    read: async () => job(),
    async setMeta(fields) {
      meta = { ...meta, ...fields };
    },
    async removeMeta(fields) {
      meta = Object.fromEntries(Object.entries(meta).filter(([field]) => !fields.includes(field)));
    },
  };

  async function reconcile(): Promise<void> {
    const jobs = new Map([["worker-one", { state: isRunning ? "active" : "delayed", until: 0 } as const]]);
    await commands.write(queue);
    commands.read({ meta, jobs, now: Date.now() }, new Map<string, Participant>());
    await commands.settle(queue, { jobs });
    await new Promise(setImmediate);
  }

  it("settles when the worker did not run before and after its job was reserved, which keeps others from running it", async () => {
    commands.setPause("one", pause);
    const settled = watch(commands.whenIdle("one"));
    isRunning = true;
    await reconcile();
    await reconcile();
    expect([settled.outcome, progress]).to.deep.equal(["pending", 0]);
    isRunning = false;
    await reconcile();
    expect(settled.outcome).to.equal("pending");
    expect(new RunRequests().isForOthers(job(), Date.now() + 50_000)).to.equal(true);
    expect(commands.hasAwaitedPauses).to.equal(true);
    await reconcile();
    expect([settled.outcome, commands.hasAwaitedPauses]).to.deep.equal(["resolved", false]);
  });

  it("does not settle when a replica was faster, and its run has ended already", async () => {
    commands.setPause("one", pause);
    const settled = watch(commands.whenIdle("one"));
    await reconcile();
    progress = { status: "of that run" };
    await reconcile();
    expect(settled.outcome).to.equal("pending");
    await reconcile();
    expect(settled.outcome).to.equal("resolved");
  });

  it("leaves no reservation when it ends, also if it has not settled", async () => {
    commands.setPause("one", pause);
    const settled = watch(commands.whenIdle("one"));
    await reconcile();
    commands.setPause("one", null);
    await reconcile();
    await reconcile();
    expect([settled.outcome, progress, meta]).to.deep.equal(["resolved", 0, {}]);
  });

  it("is not taken for resumed if it was stored after the queue was read", async () => {
    const jobs = new Map([["worker-one", { state: "active", until: 0 } as const]]);
    commands.read({ meta, jobs, now: Date.now() }, new Map<string, Participant>());
    commands.setPause("one", pause);
    const settled = watch(commands.whenIdle("one"));
    await commands.write(queue);
    await commands.settle(queue, { jobs });
    await new Promise(setImmediate);
    expect(settled.outcome).to.equal("pending");
  });

  it("settles when the worker leaves this replica", async () => {
    commands.setPause("one", pause);
    const settled = watch(commands.whenIdle("one"));
    isRunning = true;
    await reconcile();
    commands.left("one");
    await reconcile();
    expect([settled.outcome, commands.hasAwaitedPauses]).to.deep.equal(["resolved", false]);
  });
});
