import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuOf } from "./proc.mjs";

const program = new URL("replica.mjs", import.meta.url).pathname;

/** Runs a fleet against a server, and says what it has cost. Times are in ms. A window is a multiple of the interval, so that it has that many runs. */
export async function measure(server, { replicas = 3, workers, repeat, interval, warmUp, window, spread = false }) {
  await server.clear();
  const children = Array.from({ length: replicas }, () =>
    fork(program, [JSON.stringify({ url: server.url, workers, repeat, spreadOver: spread ? interval : undefined })], {
      execArgv: ["--expose-gc", "--import", "tsx"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    }),
  );
  for (const child of children) child.setMaxListeners(0);
  const tell = async (child, order) => {
    const answered = answerOf(child, order);
    child.send(order);
    return answered;
  };
  const tellAll = (order) => Promise.all(children.map((child) => tell(child, order)));
  try {
    const bare = await Promise.all(children.map((child) => answerOf(child, "ready")));
    const join = await joining();
    await sleep(warmUp);
    await tellAll("reset");
    const before = await snapshot();
    const [from, until] = [Date.now(), Date.now() + window];
    await sleep(window);
    const after = await snapshot();
    // What is late is done by then, or is not counted.
    await sleep(1_000);
    const reports = await tellAll("report");
    const seconds = (after.at - before.at) / 1_000;
    const runs = reports.flatMap((report) => report.runs).filter(([due]) => due >= from && due < until);
    const late = runs.map(([due, at]) => at - due).sort((one, other) => one - other);
    const statements = difference(after.statements, before.statements, seconds);
    return {
      replicas,
      workers,
      spread,
      repeat,
      interval,
      join,
      runs: (late.length * 1_000) / window,
      due: (workers * 1_000) / interval,
      done: (late.length * interval) / window / workers,
      latenessP50: late[Math.floor(late.length * 0.5)] ?? null,
      latenessP99: late[Math.floor(late.length * 0.99)] ?? null,
      turns: reports.reduce((total, { turns }) => total + turns, 0) / (seconds + 1),
      statements: Object.values(statements).reduce((total, { perSecond }) => total + perSecond, 0),
      byKind: statements,
      serverCpu: (after.server - before.server) / seconds / 1_000,
      replicaCpu: after.cpu.map((cpu, n) => (cpu - before.cpu[n]) / seconds / 1_000),
      loopBusy: reports.map(({ busy }) => busy),
      connections: after.connections,
      ...after.bytes,
      rss: reports.map(({ rss }) => rss),
      bareRss: bare.map(({ rss }) => rss),
      heapUsed: reports.map(({ heapUsed }) => heapUsed),
      complaints: reports.flatMap(({ complaints }) => complaints).slice(0, 3),
      complaintCount: reports.reduce((total, { complaintCount }) => total + complaintCount, 0),
    };
  } finally {
    await Promise.race([tellAll("stop"), sleep(15_000)]).catch(() => {});
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill("SIGKILL");
        await once(child, "exit");
      }),
    );
  }

  /** How long it takes until half of the workers, and each, has had its first run. */
  async function joining() {
    const begun = Date.now();
    const used = server.cpu();
    await tellAll("go");
    let firsts = [];
    while (Date.now() - begun < 60_000) {
      await sleep(200);
      firsts = (await tellAll("firsts")).flatMap((answer) => answer.firsts).sort((one, other) => one - other);
      if (firsts.length >= workers) break;
    }
    const serverMs = server.cpu() - used;
    return {
      all: firsts.length >= workers ? firsts[workers - 1] - begun : null,
      half: (firsts[Math.floor(workers / 2)] ?? Number.NaN) - begun,
      had: firsts.length,
      serverMs,
    };
  }

  async function snapshot() {
    const [statements, bytes, connections] = [await server.statements(), await server.bytes(), await server.connections()];
    return {
      statements,
      bytes,
      connections,
      at: performance.now(),
      server: server.cpu(),
      cpu: children.map(({ pid }) => cpuOf(pid)),
    };
  }
}

async function answerOf(child, order) {
  return new Promise((resolve, reject) => {
    const hear = (answer) => {
      if (answer.order !== order) return;
      child.off("message", hear);
      resolve(answer);
    };
    child.on("message", hear);
    child.once("exit", (code) => reject(new Error(`A replica has ended with ${code}`)));
  });
}

function difference(after, before, seconds) {
  const kinds = Object.entries(after).map(([kind, { calls, ms }]) => [
    kind,
    { perSecond: (calls - (before[kind]?.calls ?? 0)) / seconds, msPerSecond: (ms - (before[kind]?.ms ?? 0)) / seconds },
  ]);
  return Object.fromEntries(
    kinds.filter(([, { perSecond }]) => perSecond > 0).sort(([, one], [, other]) => other.perSecond - one.perSecond),
  );
}
