import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./command.fixture.js";

/** A command line in a process of its own, from the sources. */
export class CommandProcess {
  static readonly #started = new Set<ChildProcess>();

  /** Kills processes that a failed test has left behind. */
  static killAll(): void {
    for (const child of CommandProcess.#started) child.kill("SIGKILL");
    CommandProcess.#started.clear();
  }

  stdout = "";
  stderr = "";
  /** Resolves to the exit code, or the signal that killed it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #child: ChildProcess;
  readonly #onChange = new Set<() => void>();
  #hasEnded = false;

  /** @param command what `node` runs: the command from the sources by default */
  constructor(
    args: readonly string[],
    { env = {}, cwd = root, command = ["--import", "tsx", join(root, "lib/cli/cli.ts")] }: CommandProcessOptions = {},
  ) {
    const child = spawn(process.execPath, [...command, ...args], {
      cwd,
      env: { ...process.env, TSX_TSCONFIG_PATH: join(root, "tsconfig.json"), TZ: "UTC", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    CommandProcess.#started.add(child);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#changed();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#changed();
    });
    this.#child = child;
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        CommandProcess.#started.delete(child);
        this.#hasEnded = true;
        this.#changed();
        resolve(code ?? signal);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  /** Waits until it has printed a text, to either stream. */
  async prints(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        const holds = this.stdout.includes(text) || this.stderr.includes(text);
        if (!holds && !this.#hasEnded) return;
        this.#onChange.delete(check);
        if (holds) resolve();
        else reject(new Error(`It ended before it printed ${text}. stdout:\n${this.stdout}\nstderr:\n${this.stderr}`));
      };
      this.#onChange.add(check);
      check();
    });
  }

  #changed(): void {
    for (const check of this.#onChange) check();
  }
}

interface CommandProcessOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly command?: readonly string[];
}
