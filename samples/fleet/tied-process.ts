import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";

/**
 * Starts the program, interrupts it at the end of its own input, and ends with it. All by itself: another user may not enter our
 * PATH.
 */
const script = `\
exec 3<&0
"$@" </dev/null 3<&- & program=$!
{ read -r _ <&3; kill -INT $program; } >/dev/null 2>&1 &
exec 3<&-
wait $program`;

export interface TiedProcessOptions {
  readonly cwd: string;
  /** The user that runs it; by default that of this process. */
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * A program that ends with this process, however that ends. It has a session of its own, out of reach of Ctrl-C. It must listen
 * to SIGINT, which the shell that starts it makes it ignore otherwise.
 */
export class TiedProcess {
  /** Resolves to the exit code, or to 128 and the number of the signal that killed it; to null if it cannot be started. */
  readonly exited: Promise<number | null>;
  readonly #shell: ChildProcessByStdio<Writable, null, Readable>;
  #output = "";

  constructor(program: string, args: readonly string[], options: TiedProcessOptions) {
    const shell = spawn("/bin/sh", ["-c", script, "sh", program, ...args], {
      ...options,
      stdio: ["pipe", "ignore", "pipe"],
      detached: true,
    });
    this.#shell = shell;
    shell.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#output = (this.#output + text).slice(-10_000);
    });
    // It may have ended before its input does.
    shell.stdin.on("error", () => {});
    this.exited = new Promise((resolve) => {
      shell.once("close", resolve);
      shell.once("error", ({ message }) => {
        this.#output += message;
        resolve(null);
      });
    });
    // What waits for the end of the input has nothing to wait for any more.
    void this.exited.then(() => shell.stdin.end());
  }

  /** The last 10,000 characters that it has written to stderr. */
  get output(): string {
    return this.#output;
  }

  /** Waits until it has written the text to stderr. Rejects with its output if it exits before. */
  async writes(text: string): Promise<void> {
    let hasExited = false;
    while (!this.#output.includes(text)) {
      if (hasExited) throw new Error(this.#output.trim());
      hasExited = await Promise.race([once(this.#shell.stderr, "data").then(() => false), this.exited.then(() => true)]);
    }
  }

  /** Waits for the promise. If the signal aborts before, ends the program and rejects with the signal's reason. */
  async unlessAborted(signal: AbortSignal | undefined, promise: Promise<unknown>): Promise<void> {
    const end = (): void => void this.end();
    signal?.addEventListener("abort", end);
    try {
      await promise;
      signal?.throwIfAborted();
    } catch (error) {
      await this.end();
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", end);
    }
  }

  /** From now on, it does not keep this process alive: one that is forgotten ends with it. */
  unref(): void {
    this.#shell.unref();
    if (this.#shell.stderr instanceof Socket) this.#shell.stderr.unref();
  }

  /** Interrupts it, and resolves once it has exited. */
  async end(): Promise<void> {
    this.#shell.ref();
    if (this.#shell.stderr instanceof Socket) this.#shell.stderr.ref();
    this.#shell.stdin.end();
    await this.exited;
  }
}
