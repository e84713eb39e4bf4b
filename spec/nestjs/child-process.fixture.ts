import { type ChildProcess, spawn } from "node:child_process";

/** A process of its own with a Nest application. */
export class ApplicationProcess {
  static readonly #started = new Set<ChildProcess>();

  /** Kills processes that a failed spec has left behind. */
  static killAll(): void {
    for (const child of ApplicationProcess.#started) child.kill("SIGKILL");
    ApplicationProcess.#started.clear();
  }

  output = "";
  /** Resolves to the exit code, or the signal that killed it, once all output has been read. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #child: ChildProcess;
  readonly #onChange = new Set<() => void>();
  #hasEnded = false;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const environment = { ...process.env, NODE_V8_COVERAGE: undefined, NO_COLOR: "1", ...env };
    const child = spawn(process.execPath, args, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    ApplicationProcess.#started.add(child);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        this.#changed();
      });
    this.#child = child;
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        ApplicationProcess.#started.delete(child);
        this.#hasEnded = true;
        this.#changed();
        resolve(code ?? signal);
      });
    });
  }

  /** Waits until it has printed a text. The timeout of the spec is the limit. */
  async prints(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        const holds = this.output.includes(text);
        if (!holds && !this.#hasEnded) return;
        this.#onChange.delete(check);
        if (holds) resolve();
        else reject(new Error(`It ended before it printed ${text}:\n${this.output}`));
      };
      this.#onChange.add(check);
      check();
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** What it printed from the first line on that has a text, without what Nest puts before the context of a line. */
  linesFrom(text: string): string[] {
    const lines = this.output.split("\n").map((line) => line.replace(/^\[Nest\].* (LOG|WARN|ERROR) (?=\[)/, "$1 "));
    return lines.slice(lines.findIndex((line) => line.includes(text))).filter((line) => line !== "");
  }

  #changed(): void {
    for (const check of this.#onChange) check();
  }
}
