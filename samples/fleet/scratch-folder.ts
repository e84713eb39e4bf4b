import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Waits for the end of its input, and removes the folder. It tries for ten seconds, as a process that is about to end may still
 * write there.
 */
const script = 'read -r _; tries=0; until rm -rf "$1" || [ $tries -ge 100 ]; do tries=$((tries + 1)); sleep 0.1; done';

/**
 * A temporary folder. It is removed with this process, however that ends: by a shell that waits for the end of its input. Its
 * name cannot be guessed, and no other user may enter it.
 */
export class ScratchFolder {
  readonly path: string;
  readonly #remover: ChildProcess;

  constructor(prefix: string, parent = tmpdir()) {
    this.path = mkdtempSync(join(parent, prefix));
    // In a session of its own, out of reach of Ctrl-C.
    this.#remover = spawn("/bin/sh", ["-c", script, "sh", this.path], {
      cwd: "/",
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    this.#remover.unref();
  }

  /** Resolves once the folder is removed. */
  async remove(): Promise<void> {
    if (this.#remover.exitCode !== null) return;
    this.#remover.ref();
    this.#remover.stdin?.end();
    await once(this.#remover, "exit");
  }
}
