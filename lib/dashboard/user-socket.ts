import { lstatSync, mkdirSync, type Stats } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "../index.js";

/** The longest path of a Unix socket in bytes: 104 with a NUL at its end on macOS and BSD, 108 on Linux. */
const longestPath = 103;

/**
 * The path of a Unix socket of this process, where the command `watchbill` finds it: `dashboard(runner).listen({ path:
 * userSocket() })`. It is in the folder `$XDG_RUNTIME_DIR/watchbill`, or `watchbill-<uid>` in the folder for temporary files,
 * which is created if needed, and which only this user may enter.
 * @throws InvalidArgumentError if the folder belongs to another user, is open to others, or cannot be created, if the path is too
 * long, or on Windows, which has no such sockets
 */
export function userSocket(): string {
  const location = locate();
  if (location === undefined) throw new InvalidArgumentError("Windows has no sockets of a user: listen on a port");
  const { folder, uid } = location;
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (cause) {
    if (!isError(cause, "EEXIST"))
      throw new InvalidArgumentError(`The folder ${folder} for sockets cannot be created: make its parent writable`, { cause });
  }
  checkFolder(folder, lstatSync(folder), uid);
  const path = join(folder, `${process.pid}.sock`);
  if (Buffer.byteLength(path) <= longestPath) return path;
  throw new InvalidArgumentError(
    `${path} is too long for the path of a Unix socket: set XDG_RUNTIME_DIR or TMPDIR to a shorter path`,
  );
}

/**
 * The folder in which {@link userSocket} has its sockets; undefined if it does not exist.
 * @param runtime the `XDG_RUNTIME_DIR` of the process that has the socket, by default that of this process; `""` if it has none,
 * as under cron, in a system service or after `sudo`
 * @throws InvalidArgumentError if it belongs to another user, or is open to others
 */
export function userSocketFolder(runtime?: string): string | undefined {
  const location = locate(runtime);
  const stats = location === undefined ? undefined : lstatSync(location.folder, { throwIfNoEntry: false });
  if (location === undefined || stats === undefined) return undefined;
  checkFolder(location.folder, stats, location.uid);
  return location.folder;
}

/** Undefined on Windows. */
function locate(runtime = process.env.XDG_RUNTIME_DIR ?? ""): { folder: string; uid: number } | undefined {
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  // `sudo` may pass on the folder of the user who has called it.
  const isOwn = runtime !== "" && lstatSync(runtime, { throwIfNoEntry: false })?.uid === uid;
  return { folder: isOwn ? join(runtime, "watchbill") : join(tmpdir(), `watchbill-${uid}`), uid };
}

/** Another user could listen in a folder that is not ours alone, and would be sent our commands. */
function checkFolder(folder: string, stats: Stats, uid: number): void {
  if (!stats.isDirectory()) throw new InvalidArgumentError(`${folder} is not a folder, so no socket can be in it: remove it`);
  if (stats.uid !== uid)
    throw new InvalidArgumentError(
      `The folder ${folder} belongs to the user ${stats.uid}, so its sockets are not safe: remove it`,
    );
  if ((stats.mode & 0o077) !== 0)
    throw new InvalidArgumentError(`The folder ${folder} is open to other users, so its sockets are not safe: chmod 700 it`);
}

function isError(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
