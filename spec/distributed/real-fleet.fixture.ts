import { once } from "node:events";
import { expect } from "chai";
import { compareWithTimetable, longestSilence, overlapsIn, percentile, runsIn } from "./figures.js";
import type { FleetServer, ServerKind } from "./fleet-server.fixture.js";
import { lockDuration, Replicas, stalledInterval } from "./replicas.fixture.js";
import { TcpProxy } from "./tcp-proxy.fixture.js";

const unlimited = 1_000_000_000;
const hour = 3_600_000;

/** The lock expires, and two checks for expired locks follow; the rest is for a busy machine. */
const longestTakeover = lockDuration + 2 * stalledInterval + 5_000;

/** Specs of replicas in real processes, over any kind of server. Prints what it measures. */
export function describeRealFleet(kind: ServerKind): void {
  const { name } = kind;
  describe(`replicas over ${name}`, function () {
    this.timeout(90_000);
    this.slow(60_000);
    let server: FleetServer;
    let replicas: Replicas;
    let count = 0;

    before(async function () {
      server = await kind.startFor(this);
    });
    after(() => kind.stop());
    beforeEach(() => {
      replicas = new Replicas(`fleet-${process.pid}-${count++}`);
    });
    afterEach(async function () {
      if (this.currentTest?.state === "failed") console.log(replicas.stderr);
      await replicas.dispose();
    });

    function figures(what: string, values: object): void {
      console.log(`        ${name}, ${what}: ${JSON.stringify(values)}`);
    }

    /** Waits until another replica has begun the worker, and returns when. */
    async function takeover(worker: string, from: number, since: number): Promise<number> {
      await replicas.until((all) => all.some(({ what, at, pid }) => what === "begins" && at > since && pid !== from), worker);
      return replicas.events(worker).find(({ what, at, pid }) => what === "begins" && at > since && pid !== from)?.at ?? 0;
    }

    it("run a worker once in each of 60 intervals, without overlap", async () => {
      const interval = 250;
      const plans = [{ name: "tick", interval, lasts: 20 }];
      const started = Array.from({ length: 3 }, () => replicas.start(server.url, plans));
      await replicas.until((all) => all.filter(({ what }) => what === "ends").length >= 60, "tick");
      let point: number | null = null;
      // The one that runs it knows at once when it is due next, and others seconds later.
      for (let index = 0; point === null; index++) {
        const replica = started[index % started.length];
        if (replica !== undefined) point = (await replicas.statusOf(replica))[0]?.nextDue ?? null;
      }
      await replicas.stop();
      const runs = runsIn(replicas.events("tick"));
      const { duplicates, gaps, lateness } = compareWithTimetable(runs, interval, point ?? 0);
      figures("60 intervals", {
        runs: runs.length,
        duplicates,
        gaps,
        p50: percentile(lateness, 0.5),
        p99: percentile(lateness, 0.99),
      });
      expect(overlapsIn(runs)).to.deep.equal([]);
      expect(duplicates).to.equal(0);
    });

    it("count attempts across replicas", async () => {
      for (let index = 0; index < 3; index++) replicas.start(server.url, [{ name: "frail", interval: 500, failures: 3 }]);
      await replicas.until((all) => all.filter(({ what }) => what === "ends").length >= 4, "frail");
      await replicas.stop();
      const attempts = replicas
        .events("frail")
        .filter(({ what }) => what === "begins")
        .map(({ attempt }) => attempt);
      expect(attempts.slice(0, 16)).to.deep.equal([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    });

    it("take over from a replica that is killed", async () => {
      for (let index = 0; index < 3; index++) replicas.start(server.url, [{ name: "watch", lasts: unlimited }]);
      await replicas.until((all) => all.some(({ what }) => what === "writes"), "watch");
      await replicas.connected(3);
      const holder = replicas.holderOf("watch");
      const killed = Date.now();
      holder.kill("SIGKILL");
      const taken = await takeover("watch", holder.pid ?? 0, killed);
      figures("kill -9", { takeover: taken - killed });
      expect(taken - killed).to.be.lessThan(longestTakeover);
      expect(overlapsIn(runsIn(replicas.events("watch")))).to.deep.equal([]);
    });

    it("take over at once from a replica that stops", async () => {
      for (let index = 0; index < 3; index++) replicas.start(server.url, [{ name: "watch", lasts: unlimited }]);
      await replicas.until((all) => all.some(({ what }) => what === "writes"), "watch");
      await replicas.connected(3);
      const holder = replicas.holderOf("watch");
      const stopping = Date.now();
      holder.kill("SIGTERM");
      const [code] = await once(holder, "exit");
      const taken = await takeover("watch", holder.pid ?? 0, stopping);
      figures("SIGTERM", { handover: taken - stopping });
      expect(code).to.equal(0);
      // Before the lock would have expired.
      expect(taken - stopping).to.be.lessThan(lockDuration);
      expect(overlapsIn(runsIn(replicas.events("watch")))).to.deep.equal([]);
    });

    it("abort the run of a replica that was frozen before it writes again", async () => {
      for (let index = 0; index < 3; index++) replicas.start(server.url, [{ name: "watch", lasts: unlimited }]);
      await replicas.until((all) => all.some(({ what }) => what === "writes"), "watch");
      await replicas.connected(3);
      const holder = replicas.holderOf("watch");
      const frozen = Date.now();
      holder.kill("SIGSTOP");
      const taken = await takeover("watch", holder.pid ?? 0, frozen);
      await new Promise((resolve) => setTimeout(resolve, 2 * lockDuration - (Date.now() - frozen)));
      const thawed = Date.now();
      holder.kill("SIGCONT");
      await replicas.until((all) => all.some(({ what, pid }) => what === "sees abort" && pid === holder.pid), "watch");
      await new Promise((resolve) => setTimeout(resolve, 500));
      const late = replicas
        .events("watch")
        .filter(({ pid, what, at }) => pid === holder.pid && what === "writes" && at >= thawed);
      figures("SIGSTOP, SIGCONT", { takeover: taken - frozen, frozen: thawed - frozen, lateWrites: late.length });
      expect(late).to.deep.equal([]);
    });

    it("recover from a restart of the server", async function () {
      if (server.restart === undefined) {
        console.warn("        SKIPPED: the server at REDIS_URL cannot be restarted");
        this.skip();
      }
      const workers = [
        { name: "tick", interval: 250 },
        { name: "watch", lasts: unlimited },
        { name: "local", interval: 250, isLocal: true },
      ];
      for (let index = 0; index < 3; index++) replicas.start(server.url, workers);
      await replicas.until((all) => all.filter(({ what }) => what === "ends").length >= 8, "tick");
      const down = Date.now();
      await server.restart?.(1_000);
      const up = Date.now();
      await replicas.until((all) => all.filter(({ what, at }) => what === "ends" && at > up).length >= 20, "tick");
      await replicas.until((all) => all.some(({ what, at }) => what === "writes" && at > up + 2 * lockDuration), "watch");
      const back = replicas.events("tick").find(({ what, at }) => what === "begins" && at > up)?.at ?? 0;
      const runs = runsIn(replicas.events("tick").filter(({ at }) => at > back));
      const silence = longestSilence(replicas.events("local").filter(({ pid }) => pid === replicas.holderOf("watch").pid));
      figures("server restarted", {
        down: up - down,
        firstRunAfter: back - up,
        overlaps: overlapsIn(runs).length,
        localSilence: silence,
      });
      expect(overlapsIn(runs)).to.deep.equal([]);
      expect(overlapsIn(runsIn(replicas.events("watch")))).to.deep.equal([]);
      expect(silence).to.be.lessThan(2_000);
    });

    it("recover from a connection that is cut for 20 s", async () => {
      const proxy = await TcpProxy.to(server.port);
      try {
        const url = new URL(server.url);
        url.port = `${proxy.port}`;
        const workers = [
          { name: "watch", lasts: unlimited },
          { name: "local", interval: 250, isLocal: true },
        ];
        const cutOff = replicas.start(url.href, workers);
        await replicas.until((all) => all.some(({ what }) => what === "writes"), "watch");
        for (let index = 0; index < 2; index++) replicas.start(server.url, workers);
        await replicas.until((all) => new Set(all.map(({ pid }) => pid)).size === 3, "local");
        const cut = Date.now();
        proxy.cut();
        const taken = await takeover("watch", cutOff.pid ?? 0, cut);
        await new Promise((resolve) => setTimeout(resolve, 20_000 - (Date.now() - cut)));
        proxy.restore();
        const restored = Date.now();
        const aborted =
          replicas.events("watch").find(({ what, pid, at }) => what === "sees abort" && pid === cutOff.pid && at > cut)?.at ?? 0;
        const silence = longestSilence(replicas.events("local").filter(({ pid }) => pid === cutOff.pid));
        // It takes part again: it runs the worker when the other replicas have stopped.
        await Promise.all(replicas.others(cutOff).map((child) => replicas.end(child)));
        const again = await takeover("watch", 0, restored);
        figures("cut for 20 s", {
          aborted: aborted - cut,
          takeover: taken - cut,
          backIn: again - restored,
          localSilence: silence,
        });
        expect(aborted).to.be.greaterThan(0).and.lessThan(taken);
        expect(overlapsIn(runsIn(replicas.events("watch")))).to.deep.equal([]);
        expect(silence).to.be.lessThan(2_000);
        expect(replicas.holderOf("watch").pid).to.equal(cutOff.pid);
      } finally {
        proxy.close();
      }
    });

    it("apply an interval that a deploy shortens from 25 h to 1 s", async () => {
      const before = replicas.start(server.url, [{ name: "rare", interval: 25 * hour, startImmediately: true }]);
      await replicas.until((all) => all.some(({ what }) => what === "ends"), "rare");
      const deployed = Date.now();
      replicas.start(server.url, [
        { name: "rare", interval: 1_000 },
        { name: "new", interval: 200 },
      ]);
      await replicas.until((all) => all.some(({ what }) => what === "ends"), "new");
      await replicas.end(before);
      await replicas.until((all) => all.filter(({ what }) => what === "ends").length >= 5, "rare");
      const [, second] = runsIn(replicas.events("rare"));
      figures("25 h to 1 s", { firstRunAfter: (second?.begun ?? 0) - deployed });
      await replicas.stop();
      expect(overlapsIn(runsIn(replicas.events("rare")))).to.deep.equal([]);
      // An older replica ignores workers that it does not have.
      expect(replicas.events("new").filter(({ pid }) => pid === before.pid)).to.deep.equal([]);
    });

    for (const [what, ahead] of [
      ["an hour ahead", hour],
      ["an hour behind", -hour],
    ] as const) {
      it(`are not disturbed by one whose clock is ${what}, while it runs and after it was killed`, async () => {
        const workers = [
          { name: "tick", interval: 500 },
          { name: "each second", each: 1_000 },
          { name: "watch", lasts: unlimited },
        ];
        const wrong = replicas.start(server.url, workers, ahead);
        await replicas.until((all) => all.filter(({ what }) => what === "ends").length >= 3, "tick");
        await replicas.until((all) => all.filter(({ what }) => what === "ends").length >= 3, "each second");
        for (let index = 0; index < 2; index++) replicas.start(server.url, workers);
        await replicas.connected(3);
        // A lock of it is renewed, although a replica with the right clock looks for those that have expired.
        await replicas.until((all) => all.filter(({ what }) => what === "ends").length >= 10, "each second");
        expect(replicas.holderOf("watch").pid).to.equal(wrong.pid);
        const killed = Date.now();
        wrong.kill("SIGKILL");
        const taken = await takeover("watch", wrong.pid ?? 0, killed);
        for (const name of ["tick", "each second"])
          await replicas.until((all) => all.filter(({ what, at }) => what === "ends" && at > killed).length >= 8, name);
        await replicas.stop();
        const runs = ["tick", "each second", "watch"].map((name) => runsIn(replicas.events(name)));
        figures(`clock ${what}`, {
          takeover: taken - killed,
          silences: ["tick", "each second"].map((name) => longestSilence(replicas.events(name))),
        });
        expect(taken - killed).to.be.lessThan(longestTakeover);
        expect(runs.flatMap(overlapsIn)).to.deep.equal([]);
        for (const name of ["tick", "each second"])
          expect(longestSilence(replicas.events(name))).to.be.lessThan(longestTakeover + 1_000);
        // By the clock of the database.
        const seconds = runsIn(replicas.events("each second")).map(({ begun }) => begun % 1_000);
        expect(percentile(seconds, 0.5)).to.be.lessThan(500);
      });
    }

    it("show the holder of each worker on every replica, and never a password", async () => {
      const workers = [
        { name: "watch", lasts: unlimited },
        { name: "tick", interval: 500 },
      ];
      const started = Array.from({ length: 3 }, () => replicas.start(server.url, workers));
      await replicas.until((all) => all.filter(({ what }) => what === "ends").length >= 3, "tick");
      const { pid } = replicas.holderOf("watch");
      for (const child of started) {
        let row: { readonly phase?: string; readonly holder?: { readonly pid: number } | null } | undefined;
        // Updated by the next reconciliation.
        while (row?.phase !== "running" || row.holder?.pid !== pid) {
          row = (await replicas.statusOf(child)).find(({ name: worker }) => worker === "watch");
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        expect(row.holder).to.have.property("host").that.is.a("string");
      }
      const { password } = new URL(server.url);
      const statuses = await Promise.all(started.map((child) => replicas.statusOf(child)));
      await replicas.stop();
      if (password !== "") expect(replicas.stderr + JSON.stringify(statuses)).to.not.include(password);
    });
  });
}
