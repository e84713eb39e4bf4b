import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../samples/fleet/postgres-server.js";
import { ScratchFolder } from "../../samples/fleet/scratch-folder.js";
import { TiedProcess } from "../../samples/fleet/tied-process.js";
import { type FleetServer, ServerKind } from "./fleet-server.fixture.js";

/** It refuses to run as root. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

/** The pgbouncer on the PATH in front of a Postgres, in transaction mode. */
export function pgbouncerBefore(postgres: () => FleetServer): ServerKind {
  return new ServerKind("pgbouncer", () => startBefore(postgres()));
}

async function startBefore(postgres: FleetServer): Promise<FleetServer> {
  if (spawnSync("pgbouncer", ["--version"]).status !== 0) throw new Error("there is no pgbouncer on the PATH");
  const home = new ScratchFolder("watchbill-pgbouncer-");
  const port = await freePort();
  const { username, password } = new URL(postgres.url);
  const files = {
    "users.txt": `"${username}" "${password}"`,
    "pgbouncer.ini": [
      "[databases]",
      `* = host=127.0.0.1 port=${postgres.port}`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "auth_type = plain",
      `auth_file = ${join(home.path, "users.txt")}`,
      "pool_mode = transaction",
      "default_pool_size = 5",
      "ignore_startup_parameters = extra_float_digits,options",
    ].join("\n"),
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(home.path, name);
    writeFileSync(path, text, { mode: 0o600 });
    if (user !== undefined) chownSync(path, user.uid, user.gid);
  }
  if (user !== undefined) chmodSync(home.path, 0o711);
  const server = new TiedProcess("pgbouncer", [join(home.path, "pgbouncer.ini")], { ...user, cwd: home.path });
  await server.writes("process up");
  server.unref();
  const url = new URL(postgres.url);
  url.port = `${port}`;
  return {
    url: url.href,
    port,
    restart: undefined,
    async stop() {
      await server.end();
      await home.remove();
    },
  };
}
