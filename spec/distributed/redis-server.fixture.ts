import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "../../samples/fleet/postgres-server.js";
import { ScratchFolder } from "../../samples/fleet/scratch-folder.js";
import { TiedProcess } from "../../samples/fleet/tied-process.js";
import { type FleetServer, ServerKind } from "./fleet-server.fixture.js";

/** The redis-server on the PATH, or the Redis at REDIS_URL. */
export const redis = new ServerKind("Redis", startRedis);

/** Starts the redis-server on the PATH, with a password and without persistence: a restart loses all data. */
export async function startRedis(): Promise<FleetServer> {
  const { REDIS_URL } = process.env;
  if (REDIS_URL !== undefined) {
    const port = Number(new URL(REDIS_URL).port || 6_379);
    return { url: REDIS_URL, port, restart: undefined, stop: async () => {} };
  }
  if (spawnSync("redis-server", ["--version"]).status !== 0) {
    throw new Error("there is no redis-server on the PATH, and no REDIS_URL");
  }
  const home = new ScratchFolder("watchbill-redis-");
  try {
    return await startIn(home);
  } catch (error) {
    await home.remove();
    throw error;
  }
}

async function startIn(home: ScratchFolder): Promise<FleetServer> {
  const password = randomBytes(12).toString("hex");
  const port = await freePort();
  const settings = [`port ${port}`, "bind 127.0.0.1", 'save ""', "appendonly no", `requirepass ${password}`];
  // In a file: every user of the machine can read arguments.
  writeFileSync(join(home.path, "redis.conf"), settings.map((setting) => `${setting}\n`).join(""), { mode: 0o600 });
  let server = await start();

  async function start(): Promise<TiedProcess> {
    const started = new TiedProcess("redis-server", ["redis.conf"], { cwd: home.path });
    let hasExited = false;
    void started.exited.then(() => (hasExited = true));
    while (!(await answers(port))) {
      if (hasExited) throw new Error(`redis-server ended with ${await started.exited}: ${started.output.trim()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    started.unref();
    return started;
  }

  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    port,
    async restart(downFor) {
      await server.end();
      await new Promise((resolve) => setTimeout(resolve, downFor));
      server = await start();
    },
    async stop() {
      await server.end();
      await home.remove();
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
