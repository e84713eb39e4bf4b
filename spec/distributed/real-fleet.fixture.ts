import { once } from "node:events";
import { expect } from "chai";
import { longestSilence, onGrid, overlapsIn, percentile, runsIn } from "./figures.js";
import type { FleetServer, ServerKind } from "./fleet-server.fixture.js";
import { Line } from "./line.fixture.js";
import { lockDuration, Replicas, stalledInterval } from "./replicas.fixture.js";

const forEver = 1_000_000_000;
const hour = 3_600_000;

/** A lock runs out, and is looked for twice; the rest is for a machine that is busy. */
const longestTakeover = lockDuration + 2 * stalledInterval + 5_000;

/** What holds of a fleet of real processes, whatever it meets in. Prints its figures. */
export function describeRealFleet(kind: ServerKind): void {
  const { name } = kind;
  describe(`a fleet over ${name}`, function () {
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
      // For whoever reads a failure.
      if (this.currentTest?.state === "failed") console.log(replicas.stderr);
      await replicas.dispose();
    });

    function figures(what: string, values: object): void {
      console.log(`        ${name}, ${what}: ${JSON.stringify(values)}`);
    }

    /** Waits until somebody else has begun the worker. */
    async function takeover(worker: string, from: number, since: number): Promise<number> {
      await replicas.until((all) => all.some(({ what, at, pid }) => what === "begins" && at > since && pid !== from), worker);
      return replicas.happenings(worker).find(({ what, at, pid }) => what === "begins" && at > since && pid !== from)?.at ?? 0;
    }

    it("runs nothing twice in an interval, and nothing overlaps, in 60 intervals", async () => {
      const interval = 250;
      const plans = [{ name: "tick", interval, lasts: 20 }];
      const [observer] = Array.from({ length: 3 }, () => replicas.start(server.url, plans));
      await replicas.until((all) => all.filter(({ what }) => what === "ends").length >= 60, "tick");
      let point: number | null = null;
      while (point === null && observer !== undefined) point = (await replicas.statusOf(observer))[0]?.nextDue ?? null;
      await replicas.stop();
      const runs = runsIn(replicas.happenings("tick"));
      const { duplicates, gaps, lateness } = onGrid(runs, interval, point ?? 0);
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

    it("counts attempts across replicas", async () => {
      for (let index = 0; index < 3; index++) replicas.start(server.url, [{ name: "frail", interval: 500, failures: 3 }]);
      await replicas.until((all) => all.filter(({ what }) => what === "ends").length >= 4, "frail");
      await replicas.stop();
      const attempts = replicas
        .happenings("frail")
        .filter(({ what }) => what === "begins")
        .map(({ attempt }) => attempt);
      expect(attempts.slice(0, 16)).to.deep.equal([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    });

    it("takes over from a holder that is killed", async () => {
      for (let index = 0; index < 3; index++) replicas.start(server.url, [{ name: "watch", lasts: forEver }]);
      await replicas.until((all) => all.some(({ what }) => what === "writes"), "watch");
      await replicas.connected(3);
      const holder = replicas.holderOf("watch");
      const killed = Date.now();
      holder.kill("SIGKILL");
      const taken = await takeover("watch", holder.pid ?? 0, killed);
      figures("kill -9", { takeover: taken - killed });
      expect(taken - killed).to.be.lessThan(longestTakeover);
      expect(overlapsIn(runsIn(replicas.happenings("watch")))).to.deep.equal([]);
    });

    it("is handed over by a holder that stops", async () => {
      for (let index = 0; index < 3; index++) replicas.start(server.url, [{ name: "watch", lasts: forEver }]);
      await replicas.until((all) => all.some(({ what }) => what === "writes"), "watch");
      await replicas.connected(3);
      const holder = replicas.holderOf("watch");
      const told = Date.now();
      holder.kill("SIGTERM");
      const [code] = await once(holder, "exit");
      const taken = await takeover("watch", holder.pid ?? 0, told);
      figures("SIGTERM", { handover: taken - told });
      expect(code).to.equal(0);
      // Without a lock that has to run out.
      expect(taken - told).to.be.lessThan(lockDuration);
      expect(overlapsIn(runsIn(replicas.happenings("watch")))).to.deep.equal([]);
    });

    it("has a holder that was frozen abort before it writes again", async () => {
      for (let index = 0; index < 3; index++) replicas.start(server.url, [{ name: "watch", lasts: forEver }]);
      await replicas.until((all) => all.some(({ what }) => what === "writes"), "watch");
      await replicas.connected(3);
      const holder = replicas.holderOf("watch");
      const frozen = Date.now();
      holder.kill("SIGSTOP");
      const taken = await takeover("watch", holder.pid ?? 0, frozen);
      await new Promise((resolve) => setTimeout(resolve, 2 * lockDuration - (Date.now() - frozen)));
      const thawed = Date.now();
      holder.kill("SIGCONT");
      await replicas.until((all) => all.some(({ what, pid }) => what === "heeds" && pid === holder.pid), "watch");
      await new Promise((resolve) => setTimeout(resolve, 500));
      const late = replicas
        .happenings("watch")
        .filter(({ pid, what, at }) => pid === holder.pid && what === "writes" && at >= thawed);
      figures("SIGSTOP, SIGCONT", { takeover: taken - frozen, frozen: thawed - frozen, lateWrites: late.length });
      expect(late).to.deep.equal([]);
    });

    it("outlives a restart of the server", async function () {
      if (server.restart === undefined) {
        console.warn("        SKIPPED: the server at REDIS_URL is not ours to restart");
        this.skip();
      }
      const workers = [
        { name: "tick", interval: 250 },
        { name: "watch", lasts: forEver },
        { name: "local", interval: 250, isLocal: true },
      ];
      for (let index = 0; index < 3; index++) replicas.start(server.url, workers);
      await replicas.until((all) => all.filter(({ what }) => what === "ends").length >= 8, "tick");
      const down = Date.now();
      await server.restart?.(1_000);
      const up = Date.now();
      await replicas.until((all) => all.filter(({ what, at }) => what === "ends" && at > up).length >= 20, "tick");
      await replicas.until((all) => all.some(({ what, at }) => what === "writes" && at > up + 2 * lockDuration), "watch");
      const back = replicas.happenings("tick").find(({ what, at }) => what === "begins" && at > up)?.at ?? 0;
      const runs = runsIn(replicas.happenings("tick").filter(({ at }) => at > back));
      const silence = longestSilence(replicas.happenings("local").filter(({ pid }) => pid === replicas.holderOf("watch").pid));
      figures("server restarted", {
        down: up - down,
        firstRunAfter: back - up,
        overlaps: overlapsIn(runs).length,
        localSilence: silence,
      });
      expect(overlapsIn(runs)).to.deep.equal([]);
      expect(overlapsIn(runsIn(replicas.happenings("watch")))).to.deep.equal([]);
      expect(silence).to.be.lessThan(2_000);
    });

    it("outlives a connection that is cut for 20 s", async () => {
      const line = await Line.to(server.port);
      try {
        const url = new URL(server.url);
        url.port = `${line.port}`;
        const workers = [
          { name: "watch", lasts: forEver },
          { name: "local", interval: 250, isLocal: true },
        ];
        const cutOff = replicas.start(url.href, workers);
        await replicas.until((all) => all.some(({ what }) => what === "writes"), "watch");
        for (let index = 0; index < 2; index++) replicas.start(server.url, workers);
        await replicas.until((all) => new Set(all.map(({ pid }) => pid)).size === 3, "local");
        const cut = Date.now();
        line.cut();
        const taken = await takeover("watch", cutOff.pid ?? 0, cut);
        await new Promise((resolve) => setTimeout(resolve, 20_000 - (Date.now() - cut)));
        line.mend();
        const mended = Date.now();
        const aborted =
          replicas.happenings("watch").find(({ what, pid, at }) => what === "heeds" && pid === cutOff.pid && at > cut)?.at ?? 0;
        const silence = longestSilence(replicas.happenings("local").filter(({ pid }) => pid === cutOff.pid));
        // It takes part again: it has the worker, once the others are gone.
        await Promise.all(replicas.others(cutOff).map((child) => replicas.end(child)));
        const again = await takeover("watch", 0, mended);
        figures("cut for 20 s", { aborted: aborted - cut, takeover: taken - cut, backIn: again - mended, localSilence: silence });
        expect(aborted).to.be.greaterThan(0).and.lessThan(taken);
        expect(overlapsIn(runsIn(replicas.happenings("watch")))).to.deep.equal([]);
        expect(silence).to.be.lessThan(2_000);
        expect(replicas.holderOf("watch").pid).to.equal(cutOff.pid);
      } finally {
        line.close();
      }
    });

    it("applies an interval that a deploy shortens from 25 h to 1 s", async () => {
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
      const [, second] = runsIn(replicas.happenings("rare"));
      figures("25 h to 1 s", { firstRunAfter: (second?.begun ?? 0) - deployed });
      await replicas.stop();
      expect(overlapsIn(runsIn(replicas.happenings("rare")))).to.deep.equal([]);
      // An older replica leaves alone what it does not know.
      expect(replicas.happenings("new").filter(({ pid }) => pid === before.pid)).to.deep.equal([]);
    });

    it("shows on every replica who holds what, and never a password", async () => {
      const workers = [
        { name: "watch", lasts: forEver },
        { name: "tick", interval: 500 },
      ];
      const started = Array.from({ length: 3 }, () => replicas.start(server.url, workers));
      await replicas.until((all) => all.filter(({ what }) => what === "ends").length >= 3, "tick");
      const { pid } = replicas.holderOf("watch");
      for (const child of started) {
        let row: { readonly phase?: string; readonly holder?: { readonly pid: number } | null } | undefined;
        // Told by the next census.
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
