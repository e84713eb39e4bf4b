import { expect } from "chai";
import { claimOverdue, purgeOrphans } from "../../lib/bullmq/orphans.js";

describe("The job of a worker", () => {
  const day = 86_400_000;
  const now = 100 * day;

  /** A job that was added on one day, has been due since another, and was claimed on a third. */
  function jobOf(days: { readonly added?: number; readonly due?: number; readonly seen?: number }) {
    const progress: number | object = days.seen === undefined ? 0 : { seenAt: days.seen * day };
    return {
      timestamp: (days.added ?? 1) * day,
      failedReason: days.due === undefined ? "" : JSON.stringify({ due: days.due * day, until: days.due * day }),
      data: {},
      progress,
      async updateProgress(progress: number | object): Promise<void> {
        this.progress = progress;
      },
    };
  }

  async function isPurged(days: Parameters<typeof jobOf>[0], isLocked = false, isNeeded = false): Promise<boolean> {
    const queue: Parameters<typeof purgeOrphans>[0] = {
      read: async () => Object.assign(Object.create(null), jobOf(days)),
      remove: async () => !isLocked,
    };
    const jobs = new Map([["worker-one", { state: "delayed", until: 0 } as const]]);
    return (await purgeOrphans(queue, { jobs, now }, () => isNeeded)).length > 0;
  }

  it("is removed 30 days after it was added, was due or was claimed, whichever is latest", async () => {
    expect(await isPurged({ added: 69 })).to.equal(true);
    expect(await isPurged({ added: 71 })).to.equal(false);
    expect(await isPurged({ due: 69 })).to.equal(true);
    expect(await isPurged({ due: 71 })).to.equal(false);
    expect(await isPurged({ due: 200 })).to.equal(false);
    expect(await isPurged({ due: 50, seen: 69 })).to.equal(true);
    expect(await isPurged({ due: 50, seen: 71 })).to.equal(false);
  });

  it("is not removed while it is locked or needed", async () => {
    expect(await isPurged({ due: 1 }, true)).to.equal(false);
    expect(await isPurged({ due: 1 }, false, true)).to.equal(false);
  });

  it("is claimed once a day by a replica that has the worker, while it is due", async () => {
    const job = jobOf({ due: 98 });
    await claimOverdue(job, now);
    expect(job.progress).to.deep.equal({ seenAt: now });
    await claimOverdue(job, now + 0.9 * day);
    expect(job.progress).to.deep.equal({ seenAt: now });
    await claimOverdue(job, now + 1.1 * day);
    expect(job.progress).to.deep.equal({ seenAt: now + 1.1 * day });
    const reserved = { ...jobOf({ due: 98 }), progress: { requestedBy: "a replica", until: now + 10_000 } };
    await claimOverdue(reserved, now);
    expect(reserved.progress).to.have.property("requestedBy");
    await claimOverdue(reserved, now + 20_000);
    expect(reserved.progress).to.deep.equal({ seenAt: now + 20_000 });
    const recent = jobOf({ due: 99.5 });
    await claimOverdue(recent, now);
    expect(recent.progress).to.equal(0);
  });
});
