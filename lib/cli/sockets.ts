import { lstatSync, readdirSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { userSocketFolder } from "../dashboard/dashboard.js";
import { CommandError, exitCodes } from "./exit-codes.js";
import { printable } from "./table.js";

/** The socket of a process of this user. */
export interface ProcessSocket {
  readonly pid: number;
  readonly path: string;
}

/**
 * The sockets of this user on which a process answers, in the order of their pids. One that a process has left behind is removed;
 * one of another user is ignored.
 * @throws CommandError if there is none, and a folder of the sockets is not this user's alone
 */
export async function findSockets(): Promise<ProcessSocket[]> {
  const folders = new Set<string>();
  let refusal: CommandError | undefined;
  // A process may have been started without the XDG_RUNTIME_DIR that this command has.
  for (const runtime of [process.env.XDG_RUNTIME_DIR ?? "", ""]) {
    try {
      const folder = userSocketFolder(runtime);
      if (folder !== undefined) folders.add(folder);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      refusal ??= new CommandError(exitCodes.unreachable, message, { cause: error });
    }
  }
  const found: ProcessSocket[] = [];
  for (const folder of folders) found.push(...(await socketsIn(folder)));
  // Another user can create the folder for temporary files: this must not hide the other one.
  if (found.length === 0 && refusal !== undefined) throw refusal;
  return found.sort((a, b) => a.pid - b.pid);
}

async function socketsIn(folder: string): Promise<ProcessSocket[]> {
  const found: ProcessSocket[] = [];
  for (const file of readdirSync(folder)) {
    const pid = Number(/^(\d+)\.sock$/.exec(file)?.[1]);
    const path = join(folder, file);
    if (!Number.isInteger(pid) || !isOwnSocket(path)) continue;
    const answer = await answerOf(pid, path);
    if (answer === "alive") found.push({ pid, path });
    else if (answer === "dead") remove(path);
  }
  return found;
}

/** How often, and after how many ms, to try again to reach a process that is starting. */
const startingProcess = { attempts: 10, interval: 50 };

/** A process that is starting may have created its socket, and not listen on it yet. */
async function answerOf(pid: number, path: string): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await knock(path);
    // After some attempts, the pid must be that of another process by now.
    if (answer !== "dead" || !isAlive(pid) || attempt === startingProcess.attempts) return answer;
    await setTimeout(startingProcess.interval);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

type Answer = "alive" | "dead" | "unknown";

/** @throws CommandError unless the path is that of a socket of this user */
export function checkSocket(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new CommandError(exitCodes.unreachable, `There is no socket ${printable(path)}`);
  if (!stats.isSocket()) throw new CommandError(exitCodes.usage, `${printable(path)} is not a socket`);
  if (stats.uid !== process.getuid?.())
    throw new CommandError(
      exitCodes.unreachable,
      `The socket ${printable(path)} belongs to the user ${stats.uid}: run the command as that user`,
    );
}

function isOwnSocket(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isSocket() === true && stats.uid === process.getuid?.();
}

function knock(path: string): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve("alive");
    });
    // Any other error, such as that of a queue of connections that is full, is that of a process which lives.
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") resolve("dead");
      else resolve(error.code === "ENOENT" ? "unknown" : "alive");
    });
  });
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another command has removed it meanwhile.
  }
}
