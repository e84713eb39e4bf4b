import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../samples/fleet/postgres-server.js";
import type { FleetServer } from "./fleet-server.fixture.js";

/** Whether a Redis can be had: of one's own, which can be restarted, or at REDIS_URL. */
export function hasRedis(): boolean {
  return process.env.REDIS_URL !== undefined || spawnSync("redis-server", ["--version"]).status === 0;
}

/** Starts the redis-server on the PATH, with a password and without persistence: what is restarted has forgotten everything. */
export async function startRedis(): Promise<FleetServer> {
  const { REDIS_URL } = process.env;
  if (REDIS_URL !== undefined) {
    const port = Number(new URL(REDIS_URL).port || 6_379);
    return { url: REDIS_URL, port, restart: undefined, stop: async () => {} };
  }
  const home = mkdtempSync(join(tmpdir(), "watchbill-redis-"));
  const password = randomBytes(12).toString("hex");
  const port = await freePort();
  const start = async (): Promise<ChildProcess> => {
    const flags = [
      "--port",
      `${port}`,
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--appendonly",
      "no",
      "--requirepass",
      password,
      "--dir",
      home,
    ];
    // The shell ends it when its own input ends: with this process, even if that is killed.
    const script = '"$@" >/dev/null & server=$!; cat >/dev/null; kill $server; wait $server';
    const shell = spawn("sh", ["-c", script, "sh", "redis-server", ...flags], { stdio: ["pipe", "ignore", "inherit"] });
    while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 20));
    return shell;
  };
  const end = async (shell: ChildProcess): Promise<void> => {
    shell.stdin?.end();
    if (shell.exitCode === null) await once(shell, "exit");
  };
  let server = await start();
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    port,
    async restart(downFor) {
      await end(server);
      await new Promise((resolve) => setTimeout(resolve, downFor));
      server = await start();
    },
    async stop() {
      await end(server);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
