import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { sum } from "../statistics.mjs";
import { cpuOf } from "./servers.mjs";

const program = new URL("replica.mjs", import.meta.url).pathname;

/**
 * Runs replicas against a server, and measures their load during `window`. All times are in ms. The window is a multiple of the
 * interval, so that the number of due runs is known.
 */
export async function measureLoad(server, { replicas = 3, workers, repeat, interval, warmUp, window, spread = false }) {
  await server.clear();
  const children = Array.from({ length: replicas }, () =>
    fork(program, [JSON.stringify({ url: server.url, workers, repeat, spreadOver: spread ? interval : undefined })], {
      execArgv: ["--expose-gc", "--import", "tsx"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    }),
  );
  for (const child of children) child.setMaxListeners(0);
  const send = async (child, command) => {
    const answered = answerOf(child, command);
    child.send(command);
    return answered;
  };
  const sendAll = (command) => Promise.all(children.map((child) => send(child, command)));
  try {
    const initial = await Promise.all(children.map((child) => answerOf(child, "ready")));
    const join = await start();
    await sleep(warmUp);
    await sendAll("reset");
    const before = await snapshot();
    const [from, until] = [Date.now(), Date.now() + window];
    await sleep(window);
    const after = await snapshot();
    // Later runs do not count.
    await sleep(1_000);
    const reports = await sendAll("report");
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
      leasedRuns: sum(reports.map(({ leasedRuns }) => leasedRuns)) / (seconds + 1),
      statements: sum(Object.values(statements).map(({ perSecond }) => perSecond)),
      byKind: statements,
      serverCpu: (after.server - before.server) / seconds / 1_000,
      replicaCpu: after.cpu.map((cpu, n) => (cpu - before.cpu[n]) / seconds / 1_000),
      loopBusy: reports.map(({ busy }) => busy),
      connections: after.connections,
      ...after.bytes,
      rss: reports.map(({ rss }) => rss),
      rssBeforeStart: initial.map(({ rss }) => rss),
      heapUsed: reports.map(({ heapUsed }) => heapUsed),
      warnings: reports.flatMap(({ warnings }) => warnings).slice(0, 3),
      warningCount: sum(reports.map(({ warningCount }) => warningCount)),
    };
  } finally {
    await Promise.race([sendAll("stop"), sleep(15_000)]).catch(() => {});
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill("SIGKILL");
        await once(child, "exit");
      }),
    );
  }

  /** Starts all replicas. Returns the time until half of the workers, and all of them, have had their first run. */
  async function start() {
    const startedAt = Date.now();
    const used = server.cpu();
    await sendAll("start");
    let firsts = [];
    while (Date.now() - startedAt < 60_000) {
      await sleep(200);
      firsts = (await sendAll("firsts")).flatMap((answer) => answer.firsts).sort((one, other) => one - other);
      if (firsts.length >= workers) break;
    }
    const serverMs = server.cpu() - used;
    return {
      all: firsts.length >= workers ? firsts[workers - 1] - startedAt : null,
      half: (firsts[Math.floor(workers / 2)] ?? Number.NaN) - startedAt,
      started: firsts.length,
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

async function answerOf(child, command) {
  return new Promise((resolve, reject) => {
    const listener = (answer) => {
      if (answer.command !== command) return;
      child.off("message", listener);
      resolve(answer);
    };
    child.on("message", listener);
    child.once("exit", (code) => reject(new Error(`A replica exited with code ${code}`)));
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
